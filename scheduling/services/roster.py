"""Models and their channels brought in together, from a table: all rows or none."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from library.models import Creator
from library.services import create_creator
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Channel
from scheduling.services.channels import add_signed, first_sign_in


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
    # Of the channel: language, max_rating and posts_per_week, as far as given.
    channel: Mapping[str, Any] = field(default_factory=dict)
    sign_in: Mapping[str, str] = field(default_factory=dict, repr=False)


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
    # Names are looked up for it, which nobody who wants to write should wait for.
    signed = list(_signed(rows, brought))
    return _written(signed, brought, actor=actor, dry_run=dry_run)


def _signed(
    rows: Iterable[RosterRow], brought: Brought
) -> Iterator[tuple[RosterRow, dict[str, Any]]]:
    """Yield the lines whose sign-in can work, each with how it is to be stored."""
    for row in rows:
        try:
            yield row, _sign_in_of(row)
        except DomainError as error:
            brought.errors.append(_row_error(row, error))


def _sign_in_of(row: RosterRow) -> dict[str, Any]:
    if not row.platform:
        return {}
    return first_sign_in(
        row.platform, row.connector, row.sign_in or None, later=not row.sign_in
    )


def _row_error(row: RosterRow, error: DomainError) -> RowError:
    return RowError(row.line, next(iter(error.errors), ""), error.message)


@transaction.atomic
def _written(
    signed: Iterable[tuple[RosterRow, dict[str, Any]]],
    brought: Brought,
    *,
    actor: User,
    dry_run: bool,
) -> Brought:
    for row, sign_in in signed:
        try:
            with transaction.atomic():
                _bring_row(row, sign_in, brought, actor)
        except DomainError as error:
            brought.errors.append(_row_error(row, error))
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


def _bring_row(
    row: RosterRow, sign_in: Mapping[str, Any], brought: Brought, actor: User
) -> None:
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
        _bring_channel(row, sign_in, creator, brought, actor)


def _refuse_contradiction(row: RosterRow, creator: Creator) -> None:
    """Raise when a line says otherwise of a model than is known: it may be a mix-up."""
    for name in ("name", "timezone", "language"):
        said, known = getattr(row, name), getattr(creator, name)
        if said and said != known:
            sentence = f"The model “{row.model}” has the {name} “{known}”."
            raise DomainError("contradiction", sentence, errors={name: [sentence]})


def _bring_channel(
    row: RosterRow,
    sign_in: Mapping[str, Any],
    creator: Creator,
    brought: Brought,
    actor: User,
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
    channel = add_signed(
        sign_in,
        actor=actor,
        creator=creator,
        platform=row.platform,
        handle=row.handle,
        **{"language": creator.language, **row.channel},
    )
    brought.channels += 1
    brought.to_sign_in += channel.health == Channel.Health.NEEDS_SIGN_IN
