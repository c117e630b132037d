"""Uploading: bytes first, then the row; the same bytes never twice."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from library import files
from library.files.placing import Readable
from library.models import Creator, MediaItem
from library.services.limits import upload_limits
from library.services.tags import get_tags, normal_tag_names
from promura_site import events
from promura_site.ids import new_id
from promura_site.models import User


@dataclass(frozen=True, slots=True)
class About:
    """What is said of uploaded media at once."""

    tags: Sequence[str] = ()
    description: str = ""
    alt_text: str = ""
    creators: Sequence[Creator] = ()


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The item; `duplicate` when its bytes were there, `restored` if in the trash."""

    item: MediaItem
    duplicate: bool = False
    restored: bool = False


class NamedReadable(Readable, Protocol):
    """An open upload that says what it is called."""

    name: str | None


@dataclass(frozen=True, slots=True)
class FailedUpload:
    """A file that was not taken, and why."""

    name: str
    code: str
    message: str


@dataclass(slots=True)
class Batch:
    """What became of several files, in their order."""

    uploaded: list[Uploaded] = field(default_factory=list)
    failed: list[FailedUpload] = field(default_factory=list)


@dataclass(slots=True)
class _Placed:
    """Names in the storage, each empty until its bytes are there."""

    names: dict[str, str] = field(default_factory=dict)

    def discard(self) -> None:
        for name in self.names.values():
            default_storage.delete(name)


def upload_media(
    stream: Readable,
    *,
    actor: User | None,
    name: str,
    about: About | None = None,
    is_demo: bool = False,
) -> Uploaded:
    """Take a picture or a clip into the library.

    Bytes that are there already are answered with the item they belong to, unchanged;
    if it lies in the trash it is restored. Raise `files.FileRefused` for what is no
    picture or video that the library takes. Call it outside of any transaction:
    decoding takes its time.
    """
    about = about or About()
    normal_tag_names(about.tags)
    limits = upload_limits()
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        received = files.receive(
            stream, directory=Path(folder), limits=limits, claimed_name=name
        )
        known = _take_known(received.sha256, actor)
        if known:
            return known
        inspected = files.inspect(received.path, claimed_name=name, limits=limits)
        made = files.make_derivatives(
            received.path, inspected, Path(folder), limits=limits
        )
        item = _described(received, inspected, name, about, is_demo)
        item.uploaded_by = actor
        with _placing(item, received, inspected, made):
            return _add(item, about, actor)


def upload_batch(
    uploads: Iterable[NamedReadable], *, actor: User | None, about: About
) -> Batch:
    """Take several files; one that is refused keeps no other out.

    Raise the first refusal when not a single one could be taken.
    """
    batch = Batch()
    refusals: list[files.FileRefused] = []
    for upload in uploads:
        name = upload.name or ""
        try:
            batch.uploaded.append(
                upload_media(upload, actor=actor, name=name, about=about)
            )
        except files.FileRefused as refusal:
            refusals.append(refusal)
            batch.failed.append(FailedUpload(name, refusal.code, refusal.message))
    if refusals and not batch.uploaded:
        refusals[0].payload["failed"] = [asdict(one) for one in batch.failed]
        refusals[0].errors.setdefault("file", [one.message for one in batch.failed])
        raise refusals[0]
    return batch


def _described(
    received: files.Received,
    inspected: files.Inspected,
    name: str,
    about: About,
    is_demo: bool,
) -> MediaItem:
    return MediaItem(
        id=new_id(),
        name=files.clean_filename(name),
        kind=inspected.kind,
        content_type=inspected.content_type,
        colour=inspected.colour,
        size_bytes=received.size,
        width=inspected.width,
        height=inspected.height,
        duration_seconds=inspected.duration_seconds,
        taken_at=inspected.taken_at,
        sha256=received.sha256,
        stored_sha256=received.sha256,
        description=about.description,
        alt_text=about.alt_text,
        is_demo=is_demo,
    )


@contextmanager
def _placing(
    item: MediaItem,
    received: files.Received,
    inspected: files.Inspected,
    made: files.Derivatives,
) -> Iterator[None]:
    """Put the files in their place; take them away again if the row does not come."""
    wanted = (
        ("file", received.path, inspected.extension, "originals"),
        ("thumbnail", made.thumbnail.path, made.thumbnail.extension, "thumbnails"),
        ("preview", made.preview.path, made.preview.extension, "previews"),
    )
    placed = _Placed()
    try:
        for attribute, path, extension, folder in wanted:
            shelf = files.storage_name(item.pk, extension, folder)
            placed.names[attribute] = files.place(default_storage, path, shelf)
            setattr(item, attribute, placed.names[attribute])
        yield
    except BaseException:
        placed.discard()
        raise
    if item._state.adding:
        placed.discard()


def _add(item: MediaItem, about: About, actor: User | None) -> Uploaded:
    """Write the row; when somebody else was quicker with these bytes, answer theirs."""
    try:
        with transaction.atomic():
            tags = get_tags(about.tags, is_demo=item.is_demo)
            item.save(force_insert=True)
            item.tags.add(*tags)
            item.creators.add(*about.creators)
            events.emit(
                "media.uploaded",
                actor=actor,
                kind="media",
                ids=[item.pk],
                message=f"uploaded {item.name}",
                data={"type": item.kind, "size_bytes": item.size_bytes},
            )
    except IntegrityError:
        item._state.adding = True
        known = _take_known(item.sha256, actor)
        if known is None:
            raise
        return known
    return Uploaded(item)


def _take_known(sha256: str, actor: User | None) -> Uploaded | None:
    """Return the item that has these bytes, out of the trash if it lies there."""
    known = MediaItem.objects.filter(sha256=sha256, purged_at=None).first()
    if known is None or known.trashed_at is None:
        return Uploaded(known, duplicate=True) if known else None
    with transaction.atomic():
        locked = MediaItem.objects.select_for_update().get(pk=known.pk)
        if locked.purged_at is not None:
            return None
        restored = locked.trashed_at is not None
        if restored:
            locked.trashed_at = None
            locked.save(update_fields=["trashed_at"])
            events.emit(
                "media.restored",
                actor=actor,
                kind="media",
                ids=[locked.pk],
                message=f"restored {locked.name} by uploading it again",
            )
    return Uploaded(locked, duplicate=True, restored=restored)
