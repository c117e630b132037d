"""The same for many posts: what can be done is done, the rest is given reasons."""
