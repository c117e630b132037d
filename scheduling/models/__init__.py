"""Tables of scheduling: channels, posts, publications, brakes and statistics."""

from scheduling.models.channels import (
    Channel,
    ChannelFace,
    ChannelFlow,
    ChannelQuerySet,
)
from scheduling.models.control import PanicStop, PublishingPace
from scheduling.models.feeds import CalendarFeed
from scheduling.models.history import HistoryImport, ImportedPost
from scheduling.models.notices import (
    Happening,
    Notice,
    NoticeDelivery,
    NoticePreference,
    NoticeReceipt,
    OnCall,
)
from scheduling.models.posts import Post, PostMedia, PostQuerySet, PostVariant
from scheduling.models.publications import (
    EngagementReading,
    Publication,
    PublicationQuerySet,
    PublishAttempt,
    Takedown,
)
from scheduling.models.series import (
    Series,
    SeriesMedia,
    SeriesModel,
    SeriesQuerySet,
)
from scheduling.models.statistics import ChannelBaseline, SlotEntry, SlotStatistic

__all__ = [
    "CalendarFeed",
    "Channel",
    "ChannelBaseline",
    "ChannelFace",
    "ChannelFlow",
    "ChannelQuerySet",
    "EngagementReading",
    "Happening",
    "HistoryImport",
    "ImportedPost",
    "Notice",
    "NoticeDelivery",
    "NoticePreference",
    "NoticeReceipt",
    "OnCall",
    "PanicStop",
    "Post",
    "PostMedia",
    "PostQuerySet",
    "PostVariant",
    "Publication",
    "PublicationQuerySet",
    "PublishAttempt",
    "PublishingPace",
    "Series",
    "SeriesMedia",
    "SeriesModel",
    "SeriesQuerySet",
    "SlotEntry",
    "SlotStatistic",
    "Takedown",
]
