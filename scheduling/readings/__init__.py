"""Reading back how people react to what is published."""
