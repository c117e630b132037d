"""What a person can do about channels, posts and publications."""
