"""Media fitted to where they go, and told nothing: between the claim and the attempt.

What is sent is never the original. The renditions are written into the payload before
anything is sent, so that every further send has the same bytes.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from library.files.fitting import Fit, why_unfit
from library.files.sniffing import FORMATS
from library.models import MediaItem, Rendition
from library.renditions import rendition_of
from library.serving import shown_filename
from promura_site.errors import DomainError
from scheduling.models import PostMedia, Publication
from scheduling.platforms import limits_of
from scheduling.publishing import ledger
from scheduling.publishing.connectors.base import Limits, PublishError
from scheduling.publishing.lease import Lease
from scheduling.publishing.moves import move
from scheduling.publishing.payload import media_ids_of

logger = logging.getLogger(__name__)

# What a retry cannot change; every other refusal is that the file does not fit.
_KNOWN_CODES = {"media_missing", "media_changed"}


def fit(lease: Lease) -> bool:
    """See that a leased publication's payload names renditions; False: lease lost.

    A payload that does already is left alone. Raise PublishError: `media_missing`,
    `media_changed` or `media_unfit` for good, `media_unreadable` for now. Call it
    outside of any transaction; the lease is renewed for as long as it takes.
    """
    publication = lease.publication
    payload = publication.payload or {}
    if payload.get("fitted") or not payload.get("media"):
        return True
    usual = settings.PUBLISH_LEASE.total_seconds()
    if lease.seconds_left() < usual / 2 and not ledger.renew(lease, 0):
        return False
    with _kept(lease):
        made = _renditions(publication)
    entries = zip(payload["media"], made, strict=True)
    fitted = {
        **payload,
        "media": [_entry(entry, rendition) for entry, rendition in entries],
        "fitted": True,
    }
    state = Publication.State.LEASED
    if not move(publication, state, Q(lease_until__gt=Now()), payload=fitted):
        return False
    publication.payload = fitted
    ledger.reached("fitted")
    return True


def fitted_files(publication: Publication) -> list[tuple[str, Rendition]]:
    """Return the files of a publication as its channel takes them, with their names.

    The publication is loaded with its channel. Those not there yet are made, which can
    take a while: outside of any transaction. Raise DomainError for what cannot be.
    """
    media = _media_of(publication)
    made = fitted_media(media, limits_of(publication.channel))
    names = [
        shown_filename(item.name, rendition.file)
        for item, rendition in zip(media, made, strict=True)
    ]
    return list(zip(names, made, strict=True))


def fitted_media(media: Sequence[MediaItem], limits: Limits) -> list[Rendition]:
    """Return renditions of all media that fit the limits, together as well."""
    now = timezone.now()
    wishes = [wish_for(item.kind, limits) for item in media]
    made = [
        rendition_of(item, wish, now=now)
        for item, wish in zip(media, wishes, strict=True)
    ]
    total = limits.total_media_bytes
    if total is None or sum(one.size_bytes for one in made) <= total:
        return made
    share = _fair_share([one.size_bytes for one in made], total)
    return [
        one
        if one.size_bytes <= share
        else rendition_of(item, replace(wish, max_bytes=share), now=now)
        for item, wish, one in zip(media, wishes, made, strict=True)
    ]


def wish_for(kind: str, limits: Limits) -> Fit:
    """Return what is taken of one file of a kind, image or video."""
    types = limits.media_types
    own = None if types is None else frozenset(t for t in types if t.startswith(kind))
    if kind == MediaItem.Kind.VIDEO:
        return Fit(own, limits.most_bytes("video/mp4"), seconds=limits.video_seconds)
    return Fit(own, limits.most_bytes("image/jpeg"), edge=limits.image_edge)


def can_fit(media: MediaItem, limits: Limits) -> str | None:
    """Say why an item can never be made fit; None: nothing known speaks against it."""
    unfit = why_unfit(
        media.kind,
        FORMATS.get(media.content_type),
        media.duration_seconds,
        wish_for(media.kind, limits),
        name=media.name,
    )
    return unfit.message if unfit else None


def _renditions(publication: Publication) -> list[Rendition]:
    try:
        return fitted_media(_media_of(publication), limits_of(publication.channel))
    except DomainError as error:
        code = error.code if error.code in _KNOWN_CODES else "media_unfit"
        raise PublishError(error.message, permanent=True, code=code) from error
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # The storage or the disk: whatever it is, it may be over soon.
        logger.exception("Media of %s could not be prepared", publication.pk)
        message = "The media could not be prepared for sending."
        raise PublishError(message, permanent=False, code="media_unreadable") from error


def _media_of(publication: Publication) -> list[MediaItem]:
    """Return the media of a publication in their order."""
    ids = media_ids_of(publication)
    if publication.payload is None:
        entries = PostMedia.objects.filter(post=publication.post_id).order_by(
            "position"
        )
        ids = list(entries.values_list("media_id", flat=True))
    found = MediaItem.objects.in_bulk(ids)
    return [found[one] for one in ids]


def _entry(entry: dict[str, Any], rendition: Rendition) -> dict[str, Any]:
    return {
        **entry,
        "name": shown_filename(entry["name"], rendition.file),
        "file": rendition.file,
        "content_type": rendition.content_type,
        "sha256": rendition.sha256,
        "size_bytes": rendition.size_bytes,
        "width": rendition.width,
        "height": rendition.height,
    }


def _fair_share(sizes: Sequence[int], total: int) -> int:
    """Return the size that each file may have at most, so that all fit together.

    Small files keep theirs, what they leave over is for the large ones.
    """
    left = total
    for count, size in zip(range(len(sizes), 0, -1), sorted(sizes), strict=True):
        if size * count > left:
            return left // count
        left -= size
    return max(sizes, default=total)


@contextmanager
def _kept(lease: Lease) -> Iterator[None]:
    """Renew a lease again and again while something takes its time."""
    done = threading.Event()
    every = settings.PUBLISH_LEASE.total_seconds() / 3
    renewing = threading.Thread(
        target=_renew_until, args=(done, every, lease), name="keep-lease", daemon=True
    )
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def _renew_until(done: threading.Event, every: float, lease: Lease) -> None:
    try:
        while not done.wait(every):
            try:
                if not ledger.renew(lease, 0):
                    return
            except (DatabaseError, InterfaceError):
                logger.warning("A lease could not be renewed; trying again")
    finally:
        connection.close()


def named_files() -> Iterator[str]:
    """Yield the renditions that payloads name and that may still be sent."""
    open_rows = Publication.objects.filter(payload__isnull=False).exclude(
        state__in=Publication.FINAL_STATES
    )
    for payload in open_rows.order_by().values_list("payload", flat=True).iterator():
        if payload and payload.get("fitted"):
            yield from (entry["file"] for entry in payload["media"])
