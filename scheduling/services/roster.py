"""Models and their channels brought in together, from a table: all rows or none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from library.models import Creator
from library.services import create_creator
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Channel
from scheduling.services.channels import add_channel


@dataclass(frozen=True)
class RosterRow:
    """A line of the table: a model, and one of her channels if it names a platform."""

    line: int
    model: str
    name: str = ""
    timezone: str = ""
    language: str = ""
    platform: str = ""
    handle: str = ""
    connector: str = ""
    # Of the channel: language and max_rating, as far as given.
    channel: Mapping[str, Any] = field(default_factory=dict)
    sign_in: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RowError:
    """Why a line cannot be brought in."""

    line: int
    field: str
    message: str


@dataclass
class Brought:
    """What a table came to. `unchanged` are channels that were there already."""

    models: list[str] = field(default_factory=list)
    channels: int = 0
    unchanged: int = 0
    to_sign_in: int = 0
    errors: list[RowError] = field(default_factory=list)


@transaction.atomic
def bring_in(
    rows: Iterable[RosterRow],
    *,
    actor: User,
    dry_run: bool,
    errors: Iterable[RowError] = (),
) -> Brought:
    """Add the models and channels of a table; nothing of it if a line has an error.

    `errors` are those found before. A dry run does all of it and takes it back. A
    channel without credentials is added and waits for its sign-in.
    """
    brought = Brought(errors=list(errors))
    for row in rows:
        try:
            with transaction.atomic():
                _bring_row(row, brought, actor)
        except DomainError as error:
            name = next(iter(error.errors), "")
            brought.errors.append(RowError(row.line, name, error.message))
    brought.errors.sort(key=lambda error: error.line)
    if dry_run or brought.errors:
        transaction.set_rollback(True)
        return brought
    events.emit(
        "roster.imported",
        actor=actor,
        message=f"brought in {len(brought.models)} models and {brought.channels} "
        "channels",
        count=len(brought.models) + brought.channels,
    )
    return brought


def _bring_row(row: RosterRow, brought: Brought, actor: User) -> None:
    creator = Creator.objects.filter(slug=row.model).first()
    if creator is None:
        if not row.name:
            sentence = "A new model needs a name."
            raise DomainError("invalid", sentence, errors={"name": [sentence]})
        said = {"timezone": row.timezone, "language": row.language}
        given: dict[str, Any] = {name: one for name, one in said.items() if one}
        creator = create_creator(actor=actor, slug=row.model, name=row.name, **given)
        brought.models.append(row.model)
    else:
        _refuse_contradiction(row, creator)
    if row.platform:
        _bring_channel(row, creator, brought, actor)


def _refuse_contradiction(row: RosterRow, creator: Creator) -> None:
    """Raise when a line says otherwise of a model than is known: it may be a mix-up."""
    for name in ("name", "timezone", "language"):
        said, known = getattr(row, name), getattr(creator, name)
        if said and said != known:
            sentence = f"The model “{row.model}” has the {name} “{known}”."
            raise DomainError("contradiction", sentence, errors={name: [sentence]})


def _bring_channel(
    row: RosterRow, creator: Creator, brought: Brought, actor: User
) -> None:
    there = Channel.objects.filter(
        creator=creator,
        platform=row.platform,
        handle__iexact=row.handle,
        is_active=True,
    )
    if there.exists():
        brought.unchanged += 1
        return
    channel = add_channel(
        actor=actor,
        creator=creator,
        platform=row.platform,
        handle=row.handle,
        connector=row.connector,
        sign_in=row.sign_in or None,
        sign_in_later=not row.sign_in,
        **{"language": creator.language, **row.channel},
    )
    brought.channels += 1
    brought.to_sign_in += channel.health == Channel.Health.NEEDS_SIGN_IN
