"""Creators: the models of the agency. Deactivated, never deleted."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from library import files
from library.files.placing import Readable
from library.models import Creator
from library.services.limits import upload_limits
from promura_site import events
from promura_site.errors import DomainError
from promura_site.ids import new_id
from promura_site.models import User

_CHANGEABLE = {"name", "timezone", "language"}
# Words that stand in an address where a model's id would: /api/models/import, and
# the stop of all.
_RESERVED = frozenset({"all", "import"})


def creators_by_slug(
    slugs: Iterable[str], *, field: str = "models", active_only: bool = False
) -> list[Creator]:
    """Return the creators in the order given; raise 400 naming each unknown slug."""
    wanted = list(dict.fromkeys(slugs))
    rows = Creator.objects.filter(slug__in=wanted)
    if active_only:
        rows = rows.active()
    found = {creator.slug: creator for creator in rows}
    unknown = [slug for slug in wanted if slug not in found]
    if unknown:
        sentence = f"There is no model {', '.join(f'“{one}”' for one in unknown)}."
        raise DomainError(
            "unknown_model", f"{field}: {sentence}", errors={field: [sentence]}
        )
    return [found[slug] for slug in wanted]


def create_creator(
    *, actor: User | None, slug: str, name: str, is_demo: bool = False, **fields: str
) -> Creator:
    """Take a model into the agency; `fields` are timezone and language."""
    if slug in _RESERVED:
        sentence = f"“{slug}” has another meaning here; choose another id."
        raise DomainError("invalid", f"id: {sentence}", errors={"id": [sentence]})
    creator = Creator(slug=slug, name=name.strip(), is_demo=is_demo, **fields)
    with transaction.atomic():
        _check(creator)
        try:
            with transaction.atomic():
                creator.save(force_insert=True)
        except IntegrityError:
            raise _slug_taken() from None
        _tell("creator.added", creator, actor, f"added the model {creator.name}")
    return creator


def update_creator(creator: Creator, *, actor: User | None, **changes: str) -> Creator:
    """Change name, timezone or language; the slug is for ever."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not changeable: {sorted(unknown)}")
    with transaction.atomic():
        creator = Creator.objects.select_for_update().get(pk=creator.pk)
        before = {name: getattr(creator, name) for name in changes}
        for name, value in changes.items():
            setattr(creator, name, value.strip())
        _check(creator)
        changed = [name for name in changes if getattr(creator, name) != before[name]]
        if changed:
            creator.save(update_fields=changed)
            message = f"changed the model {creator.name}"
            _tell("creator.changed", creator, actor, message, fields=changed)
    return creator


def set_creator_active(
    creator: Creator, active: bool, *, actor: User | None
) -> Creator:
    """Let a model go, or take one back; history stays either way."""
    with transaction.atomic():
        changed = Creator.objects.filter(pk=creator.pk, is_active=not active).update(
            is_active=active
        )
        creator.is_active = active
        if changed:
            verb = "activated" if active else "deactivated"
            message = f"{verb} the model {creator.name}"
            _tell(f"creator.{verb}", creator, actor, message)
    return creator


def set_avatar(
    creator: Creator, stream: Readable, *, actor: User | None, name: str = ""
) -> Creator:
    """Take a picture's thumbnail as the model's face."""
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        stored = _place_avatar(stream, Path(folder), name)
    try:
        with transaction.atomic():
            creator = Creator.objects.select_for_update().get(pk=creator.pk)
            former, creator.avatar = creator.avatar, stored
            creator.save(update_fields=["avatar"])
            message = f"gave {creator.name} a new picture"
            _tell("creator.avatar_set", creator, actor, message)
            if former:
                transaction.on_commit(
                    lambda: default_storage.delete(former), robust=True
                )
    except BaseException:
        default_storage.delete(stored)
        raise
    return creator


def small_picture(stream: Readable, *, name: str = "") -> tuple[bytes, str]:
    """Return a picture's thumbnail and its content type.

    Raise DomainError 400 for what is no picture.
    """
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        made = _thumbnail(stream, Path(folder), name)
        return made.path.read_bytes(), made.content_type


def _place_avatar(stream: Readable, folder: Path, name: str) -> str:
    made = _thumbnail(stream, folder, name)
    shelf = files.storage_name(new_id(), made.extension, "avatars")
    return files.place(default_storage, made.path, shelf)


def _thumbnail(stream: Readable, folder: Path, name: str) -> files.Derivative:
    limits = upload_limits()
    received = files.receive(stream, directory=folder, limits=limits, claimed_name=name)
    inspected = files.inspect(received.path, claimed_name=name, limits=limits)
    if inspected.kind != "image":
        raise DomainError("not_a_picture", "file: Choose a picture, not a video.")
    made = files.make_derivatives(received.path, inspected, folder, limits=limits)
    return made.thumbnail


def _check(creator: Creator) -> None:
    """Hold the row against the model's own rules; raise 400 naming the fields."""
    try:
        creator.full_clean(exclude=["avatar"])
    except ValidationError as error:
        # The slug is called id outside.
        errors = {
            "id" if name == "slug" else name: list(texts)
            for name, texts in error.message_dict.items()
        }
        if any(one.code == "unique" for one in error.error_dict.get("slug", ())):
            raise _slug_taken() from None
        field, texts = next(iter(errors.items()))
        raise DomainError("invalid", f"{field}: {texts[0]}", errors=errors) from None


def _slug_taken() -> DomainError:
    sentence = "There is a model with this id already."
    return DomainError("slug_taken", f"id: {sentence}", 409, errors={"id": [sentence]})


def _tell(
    action: str,
    creator: Creator,
    actor: User | None,
    message: str,
    fields: Sequence[str] = (),
) -> None:
    data: dict[str, Any] = {"slug": creator.slug}
    if fields:
        data["fields"] = list(fields)
    events.emit(
        action,
        actor=actor,
        kind="creator",
        ids=[creator.pk],
        message=message,
        data=data,
    )
