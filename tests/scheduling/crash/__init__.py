"""The crash suite: real publishers, a platform of its own, real kills."""
