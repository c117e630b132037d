"""What a person posts by hand: made ready ahead of its time, offered, missed.

    scheduled --make_ready--> ready --claim--> claimed --+--> published
                                ^                |       +--> skipped
                                +--- run out ----+
    ready, claimed (run out) --late--> missed

No publisher ever leases these. `scheduling/services/handing.py` is what people do.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from library.models import Creator, MediaItem
from scheduling import clearing, outcomes, states
from scheduling.models import Channel, PanicStop, Post, PostMedia, Publication
from scheduling.publishing.connectors import registry
from scheduling.publishing.moves import move
from scheduling.publishing.payload import freeze
from scheduling.publishing.sweeping import sweep

_P = Publication.State

# So long before its time a post is offered, and so long a claim holds.
LEAD = timedelta(minutes=15)
CLAIM = timedelta(minutes=20)
STOPPED = "stopped"


def sweep_by_hand() -> int:
    """Do what time does to hand-overs; return how many have changed."""
    return give_back() + miss() + make_ready()


def make_ready() -> int:
    """Offer what is due soon, with what is to be posted frozen."""
    connectors = registry.by_hand()
    condition = Q(
        state=_P.SCHEDULED,
        next_attempt_at__lte=Now() + LEAD,
        late_after__gte=Now(),
        channel__connector__in=connectors,
        channel__in=Channel.objects.usable(),
    )
    stops = set(PanicStop.objects.values_list("key", "creator_id"))
    if any(key == PanicStop.EVERYONE for key, _ in stops):
        return 0
    held = [creator for _, creator in stops]
    return sweep(condition & ~Q(channel__creator__in=held), offer)


def give_back() -> int:
    """Offer again what somebody took and has neither posted nor kept."""
    ended = Q(state=_P.CLAIMED, claimed_until__lt=Now())
    return sweep(ended, lambda row: move(row, _P.READY, ended, claimed_until=None))


def miss() -> int:
    """Give up what nobody has posted within its time."""
    late = Q(state=_P.READY, late_after__lt=Now())
    return sweep(late, _miss)


def offer(row: Publication) -> bool:
    """Make one publication ready, its post's row locked; False if it cannot be."""
    media = _locked_media(row.post_id)
    gone = [item for item in media if item.trashed_at or item.purged_at]
    if gone:
        message = f"{gone[0].name} is not in the library any more."
        return _refuse(row, "media_missing", message)
    if why := _barred(row, media):
        return _refuse(row, clearing.NOT_CLEARED, why)
    offered = move(
        row,
        _P.READY,
        # What is still being made for an earlier text or picture is not kept.
        fence=F("fence") + 1,
        payload=freeze(row, media),
        claimed_until=None,
        error="",
        error_code="",
    )
    row.fence += offered
    return offered


def is_stopped(creator: Creator) -> bool:
    """Tell whether nothing of a model, or of anybody, may be published now."""
    return PanicStop.objects.filter(
        Q(key=PanicStop.EVERYONE) | Q(creator=creator)
    ).exists()


def fail_unfit(row: Publication, message: str) -> None:
    """Give up a publication of which no file can be made that the platform takes."""
    with transaction.atomic(durable=True):
        post = Post.objects.select_for_update().get(pk=row.post_id)
        if _refuse(row, "media_unfit", message):
            states.recompute(post)


def why_barred(row: Publication) -> str:
    """Return why a publication's media may not go out now; empty if they may."""
    entries = PostMedia.objects.filter(post=row.post_id).select_related("media")
    media = [entry.media for entry in entries.prefetch_related("media__creators")]
    return _barred(row, media)


def _locked_media(post_id: UUID) -> list[MediaItem]:
    """Return a post's media in order, locked in id order like everybody's."""
    entries = PostMedia.objects.filter(post=post_id).order_by("position")
    order = list(entries.values_list("media_id", flat=True))
    rows = MediaItem.objects.filter(pk__in=order).order_by("pk").select_for_update()
    locked = {item.pk: item for item in rows.prefetch_related("creators")}
    return [locked[one] for one in order]


def _barred(row: Publication, media: list[MediaItem]) -> str:
    """Return why the media may not go out at the planned time; empty if they may."""
    at = max(row.next_attempt_at or timezone.now(), timezone.now())
    found = clearing.bars(media, row.channel, at, cleared_for=row.post.cleared_for)
    return found[0].text if found else ""


def _refuse(row: Publication, code: str, message: str) -> bool:
    row.error, row.error_code = message[:500], code
    moved = move(
        row,
        _P.FAILED,
        next_attempt_at=None,
        error=row.error,
        error_code=row.error_code,
    )
    if moved:
        outcomes.publication_finished(row, now=timezone.now())
    return moved


def _miss(row: Publication) -> bool:
    stopped = is_stopped(row.channel.creator)
    row.error_code = STOPPED if stopped else "not_handed_over"
    why = "publishing was stopped" if stopped else "nobody posted it by hand"
    row.error = f"It was due at {row.publish_at:%Y-%m-%d %H:%M} UTC; {why}."
    moved = move(
        row,
        _P.MISSED,
        Q(late_after__lt=Now()),
        next_attempt_at=None,
        error=row.error,
        error_code=row.error_code,
    )
    if moved:
        outcomes.publication_finished(row, now=timezone.now())
    return moved
