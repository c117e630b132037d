"""Bring what was planned to the platforms."""
