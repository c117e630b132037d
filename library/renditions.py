"""Media as platforms take them: made once, without metadata, and kept while in use.

Every file that leaves the house comes from here. It is made outside of any transaction:
file first, row second, and of two that make the same the one with the row wins.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import IntegrityError, transaction

from library import files
from library.files.fitting import Fit, Fitted, fit_image, fit_video
from library.idsets import IdSet
from library.models import MediaItem, Rendition
from promura_site.errors import DomainError
from promura_site.ids import new_id

logger = logging.getLogger(__name__)

FOLDER = "renditions"
# So long after its last use a rendition is kept; it can be made again any time.
KEEP = timedelta(days=14)
# How exactly the last use is known.
NOTED_EVERY = timedelta(hours=1)
SWEPT_AT_ONCE = 200
CHUNK = 1024 * 1024

# Names which files must stay although nobody has used them for long.
Holder = Callable[[], Iterable[str]]
_holders: dict[str, Holder] = {}
# One picture and one clip at a time in each process: a large picture takes hundreds of
# megabytes, and whoever waits mostly finds it made.
_making = {kind: threading.Lock() for kind in MediaItem.Kind.values}


def register_holder(name: str, holder: Holder) -> None:
    """Add somebody who still needs files by their names in the storage."""
    _holders[name] = holder


def rendition_of(media: MediaItem, wanted: Fit, *, now: datetime) -> Rendition:
    """Return an item's file as it is wanted; make it if it is not there yet.

    Call it outside of any transaction: making takes seconds, minutes for a long clip.
    Raise DomainError: `media_missing`, `media_changed` (what is stored is not what was
    uploaded), `media_unfit` or a refusal of the file itself.
    """
    found = found_rendition(media, wanted, now=now)
    if found is not None:
        return found
    with _making[media.kind]:
        found = found_rendition(media, wanted, now=now)
        return found or _made(media, wanted, now)


def found_rendition(
    media: MediaItem, wanted: Fit, *, now: datetime
) -> Rendition | None:
    """Return the rendition if it is there, noting that it is in use."""
    key = wanted.key()
    found = Rendition.objects.filter(media=media, key=key).first()
    if found is not None and found.last_used < now - NOTED_EVERY:
        noted = Rendition.objects.filter(pk=found.pk).update(last_used=now)
        return found if noted else None
    return found


def take_away(media: Sequence[UUID]) -> list[str]:
    """Delete the rows of the renditions of media; return the files that are to go."""
    rows = Rendition.objects.filter(media__in=IdSet(media))
    names = list(rows.values_list("file", flat=True))
    if names:
        rows.delete()
    return names


def sweep(now: datetime) -> None:
    """Free renditions that nobody has used for a while and nobody will."""
    held = {name for holder in _holders.values() for name in holder()}
    unused = Rendition.objects.filter(last_used__lt=now - KEEP)
    old = dict(unused.order_by().values_list("pk", "file"))
    free = [pk for pk, name in old.items() if name not in held]
    for start in range(0, len(free), SWEPT_AT_ONCE):
        ids = free[start : start + SWEPT_AT_ONCE]
        unused.filter(pk__in=IdSet(ids)).delete()
        # Somebody may have come to use one in this very moment.
        kept = Rendition.objects.filter(pk__in=IdSet(ids)).values_list("pk", flat=True)
        for pk in set(ids).difference(kept):
            default_storage.delete(old[pk])


def _made(media: MediaItem, wanted: Fit, now: datetime) -> Rendition:
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        target = Path(folder) / "fitted"
        with _original(media, Path(folder)) as source:
            fitted = _fitted(media, source, target, wanted)
        rendition = Rendition(
            id=new_id(),
            media=media,
            key=wanted.key(),
            sha256=fitted.sha256,
            size_bytes=fitted.size,
            content_type=fitted.content_type,
            width=fitted.width,
            height=fitted.height,
            last_used=now,
        )
        shelf = files.storage_name(rendition.pk, fitted.extension, FOLDER)
        rendition.file = files.place(default_storage, target, shelf)
    try:
        return _stored(rendition)
    except BaseException:
        default_storage.delete(rendition.file)
        raise


def _fitted(media: MediaItem, source: Path, target: Path, wanted: Fit) -> Fitted:
    if media.kind == MediaItem.Kind.VIDEO:
        return fit_video(source, target, wanted, name=media.name)
    return fit_image(source, target, wanted, name=media.name)


def _stored(rendition: Rendition) -> Rendition:
    """Write the row; when another process was quicker, take what it made."""
    try:
        with transaction.atomic():
            # A purge that goes on at the same time must see the row, or be seen.
            media = MediaItem.objects.select_for_update().filter(
                pk=rendition.media_id, purged_at=None
            )
            if not media.exists():
                raise _missing(rendition.media)
            rendition.save(force_insert=True)
    except IntegrityError:
        same = Rendition.objects.filter(media=rendition.media, key=rendition.key)
        winner = same.first()
        if winner is None:
            raise
        default_storage.delete(rendition.file)
        return winner
    return rendition


@contextmanager
def _original(media: MediaItem, folder: Path) -> Iterator[Path]:
    """Give a local path to the bytes of an item, proved to be those uploaded."""
    if not media.file:
        raise _missing(media)
    digest = hashlib.sha256()
    try:
        if isinstance(default_storage, FileSystemStorage):
            path = Path(default_storage.path(media.file))
            with path.open("rb") as stored:
                digest = hashlib.file_digest(stored, "sha256")
        else:
            path = folder / "original"
            with (
                default_storage.open(media.file, "rb") as stored,
                path.open("xb") as to,
            ):
                while chunk := stored.read(CHUNK):
                    digest.update(chunk)
                    to.write(chunk)
    except FileNotFoundError as error:
        raise _missing(media) from error
    if digest.hexdigest() != media.stored_sha256:
        message = f"The file of {media.name} is not the one that was uploaded."
        raise DomainError("media_changed", message, 409)
    yield path


def _missing(media: MediaItem) -> DomainError:
    message = f"The file of {media.name} is not there any more."
    return DomainError("media_missing", message, 409)
