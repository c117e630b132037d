"""A believable agency to look around in, and the way to be rid of it again."""
