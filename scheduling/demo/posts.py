"""The demo's posts: six months behind, two weeks ahead."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from library.models import MediaItem
from promura_site.ids import new_id
from promura_site.models import User
from scheduling.demo import cast
from scheduling.demo.history import posting_times, reception
from scheduling.engagement import engagement_of
from scheduling.models import Channel, Post, PostMedia, Publication
from scheduling.services.texts import Texts
from scheduling.states import derive
from templates_app.models import PostTemplate

HISTORY = timedelta(days=182)
AHEAD = timedelta(days=14)
_SETTLED = timedelta(hours=72)
_HAND = "handover"
_FAILURE = "The platform refused the picture: its longer edge is above 1,080 pixels."
_DOUBT = "The connection broke after the post had been sent."


@dataclass(frozen=True)
class PlannedPost:
    """A post with the rows that were made for it."""

    post: Post
    publications: list[Publication]
    media: MediaItem
    template: PostTemplate | None
    planned_at: datetime
    published_at: datetime | None


def write_posts(
    channels: dict[str, list[Channel]],
    media: dict[str, list[MediaItem]],
    templates: list[PostTemplate],
    editors: list[User],
    now: datetime,
    random: np.random.Generator,
) -> list[PlannedPost]:
    """Make the rows of all posts and return them in order of time."""
    made = []
    for model in cast.MODELS:
        maker = _Maker(
            model,
            channels[model.slug],
            media[model.slug],
            templates,
            editors,
            now,
            random,
        )
        made += list(maker.posts())
    made.sort(key=lambda one: one.planned_at)
    _write(made)
    return made


def _write(made: list[PlannedPost]) -> None:
    created = {one.post.pk: one.planned_at for one in made}
    posts = Post.objects.bulk_create((one.post for one in made), batch_size=500)
    for post in posts:
        post.created_at = created[post.pk]
    Post.objects.bulk_update(posts, ["created_at"], batch_size=500)
    PostMedia.objects.bulk_create(
        (PostMedia(post=one.post, media=one.media, position=0) for one in made),
        batch_size=500,
    )
    Publication.objects.bulk_create(
        (row for one in made for row in one.publications), batch_size=500
    )


@dataclass(frozen=True)
class _Maker:
    """Makes the posts of one model."""

    model: cast.Model
    channels: list[Channel]
    media: list[MediaItem]
    templates: list[PostTemplate]
    editors: list[User]
    now: datetime
    random: np.random.Generator

    def posts(self) -> Iterator[PlannedPost]:
        """Yield past and planned posts."""
        start = self.now - HISTORY
        for at in posting_times(self.model, start, self.now + AHEAD, self.random):
            yield self._post(at)
        yield from self._by_hand()

    def _by_hand(self) -> Iterator[PlannedPost]:
        """Yield what somebody is to post by hand today."""
        wanted = {
            platform: at
            for slug, platform, at in cast.BY_HAND
            if slug == self.model.slug
        }
        for channel in self.channels:
            if channel.connector == _HAND:
                at = self.now + timedelta(minutes=wanted[channel.platform])
                # Of its own dice, so that nobody else's history hangs on it.
                dice = np.random.default_rng(wanted[channel.platform])
                yield replace(self, random=dice)._post(at, [channel])

    def _post(self, at: datetime, channels: list[Channel] | None = None) -> PlannedPost:
        random = self.random
        template = None
        if random.random() < 0.35:
            template = self.templates[int(random.integers(len(self.templates)))]
        words = template.content if template else random.choice(cast.CAPTIONS)
        post = Post(
            id=new_id(),
            content=str(words),
            template=template,
            variables=template.variables if template else None,
            publish_at=at,
            timezone=self.model.timezone,
            author=self.editors[int(random.integers(len(self.editors)))],
            is_demo=True,
        )
        ahead = at > self.now + timedelta(minutes=2)
        usual = [one for one in self.channels if one.connector != _HAND]
        rows = [
            self._publication(post, channel, ahead) for channel in channels or usual
        ]
        post.state = derive(row.state for row in rows)
        published = [row.published_at for row in rows if row.published_at]
        planned_at = min(at, self.now) - timedelta(hours=float(random.uniform(3, 60)))
        return PlannedPost(
            post,
            rows,
            self.media[int(random.integers(len(self.media)))],
            template,
            planned_at,
            published[0] if published else None,
        )

    def _publication(self, post: Post, channel: Channel, ahead: bool) -> Publication:
        at = post.publish_at
        assert at is not None
        row = Publication(
            id=new_id(),
            post=post,
            channel=channel,
            content=Texts(post.content, (), post.variables).on(channel, at),
            publish_at=at,
            late_after=at + timedelta(minutes=60),
        )
        row.idempotency_key = f"{row.pk}-1"
        if ahead:
            row.state = Publication.State.SCHEDULED
            row.next_attempt_at = at
        else:
            self._finish(row, at)
        return row

    def _finish(self, row: Publication, at: datetime) -> None:
        row.attempts_made = 1
        row.first_attempt_at = at + timedelta(seconds=1)
        age = self.now - at
        luck = self.random.random()
        # What failed long ago has mostly been seen to since.
        if luck < (0.012 if age < timedelta(days=10) else 0.002):
            row.state = Publication.State.FAILED
            row.error_code, row.error = "media_refused", _FAILURE
        elif luck < 0.04 and age < timedelta(days=2):
            row.state = Publication.State.UNKNOWN
            row.error_code, row.error = "reply_lost", _DOUBT
        else:
            self._publish(row, at, age)

    def _publish(self, row: Publication, at: datetime, age: timedelta) -> None:
        row.state = Publication.State.PUBLISHED
        row.published_at = at + timedelta(seconds=float(self.random.uniform(1, 40)))
        row.external_id = str(row.pk)
        counts = reception(
            self.model,
            row.channel.platform,
            at,
            age_share=min(1.0, 0.25 + 0.75 * (age / _SETTLED)),
            growth=0.25 * (1 - age / HISTORY),
            random=self.random,
        )
        numbers = vars(counts)
        for name, value in numbers.items():
            setattr(row, name, value)
        row.engagement = engagement_of(row.channel.platform, numbers)
        row.engagement_at = min(self.now, at + _SETTLED)
