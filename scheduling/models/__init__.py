"""Tables of scheduling: channels, posts, publications and slot statistics."""

from scheduling.models.channels import Channel, ChannelQuerySet
from scheduling.models.posts import Post, PostMedia, PostQuerySet
from scheduling.models.publications import (
    Publication,
    PublicationQuerySet,
    PublishAttempt,
)
from scheduling.models.statistics import ChannelBaseline, SlotEntry, SlotStatistic

__all__ = [
    "Channel",
    "ChannelBaseline",
    "ChannelQuerySet",
    "Post",
    "PostMedia",
    "PostQuerySet",
    "Publication",
    "PublicationQuerySet",
    "PublishAttempt",
    "SlotEntry",
    "SlotStatistic",
]
