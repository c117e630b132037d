"""Bluesky and every other server that speaks the AT Protocol."""

from scheduling.publishing.connectors.bluesky.connector import BlueskyConnector

__all__ = ["BlueskyConnector"]
