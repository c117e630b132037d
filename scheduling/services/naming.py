"""Turning what a plan names into rows; whatever is not there is named together."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from library.models import Creator, MediaItem
from promura_site.errors import DomainError
from scheduling.models import Channel
from templates_app.models import PostTemplate


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: in which field, why, and on which channel if on one."""

    field: str
    text: str
    code: str = "invalid"
    channel: UUID | None = None


class Problems:
    """What is wrong with a plan, field by field."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(
        self,
        field: str,
        sentence: str,
        *,
        code: str = "invalid",
        channel: UUID | None = None,
    ) -> None:
        """Note one more sentence about a field."""
        self.found.append(Problem(field, sentence, code, channel))

    @property
    def errors(self) -> dict[str, list[str]]:
        """Return the sentences about each field."""
        errors: dict[str, list[str]] = {}
        for problem in self.found:
            errors.setdefault(problem.field, []).append(problem.text)
        return errors

    def refuse(self) -> None:
        """Raise DomainError 400 with every sentence, if there is any."""
        if self.found:
            first = self.found[0]
            raise DomainError(
                "invalid", f"{first.field}: {first.text}", errors=self.errors
            )


def named_creators(slugs: Iterable[str], problems: Problems) -> list[Creator]:
    """Return the active models of these slugs, in the order given."""
    wanted = list(dict.fromkeys(slugs))
    found = {one.slug: one for one in Creator.objects.filter(slug__in=wanted)}
    for slug in wanted:
        if slug not in found:
            problems.add("models", f"There is no model “{slug}”.")
        elif not found[slug].is_active:
            problems.add("models", f"The model “{slug}” is not active.")
    return [found[slug] for slug in wanted if slug in found]


def named_channels(
    creators: Sequence[Creator], ids: Iterable[UUID] | None, problems: Problems
) -> list[Channel]:
    """Return the channels to publish on: all active ones of the models, or a subset.

    Each comes with its creator. A model of which nothing would be published is a
    problem, unless the subset leaves it out on purpose.
    """
    rows = Channel.objects.select_related("creator").order_by("creator__name", "pk")
    if ids is None:
        found = list(rows.usable().filter(creator__in=creators))
        reached = {channel.creator_id for channel in found}
        for creator in creators:
            if creator.is_active and creator.pk not in reached:
                problems.add(
                    "models", f"The model “{creator.slug}” has no active channel."
                )
        return found
    wanted = list(dict.fromkeys(ids))
    by_id = {channel.pk: channel for channel in rows.filter(pk__in=wanted)}
    chosen = {creator.pk for creator in creators}
    for one in wanted:
        channel = by_id.get(one)
        if channel is None:
            problems.add("channels", f"There is no channel {one}.")
        elif channel.creator_id not in chosen:
            problems.add("channels", f"{channel} ({one}) is of none of these models.")
        elif not channel.is_active:
            problems.add("channels", f"{channel} ({one}) is not active.")
    if not wanted:
        problems.add("channels", "At least one channel is needed.")
    return [by_id[one] for one in wanted if one in by_id]


def named_media(
    ids: Iterable[UUID], problems: Problems, *, lock: bool = True
) -> list[MediaItem]:
    """Return the media in the order given, locked so that none can be trashed.

    Each comes with its creators. Call it in a transaction, unless it is not to lock.
    Locks are taken in id order, like everybody's, so that two plans never wait for
    each other.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    present = MediaItem.objects.present().filter(pk__in=wanted).order_by("pk")
    rows = present.select_for_update() if lock else present
    found = {item.pk: item for item in rows.prefetch_related("creators")}
    note_absent_media(wanted, found, problems)
    return [found[one] for one in wanted if one in found]


def note_absent_media(
    ids: Iterable[UUID], found: Collection[UUID], problems: Problems
) -> None:
    """Add a problem for each media item that is not in the library (any more)."""
    for one in ids:
        if one not in found:
            problems.add("media_ids", f"There is no media item {one} in the library.")


def named_template(one: UUID | None, problems: Problems) -> PostTemplate | None:
    """Return the template, if one is named and has not been deleted."""
    if one is None:
        return None
    found = PostTemplate.objects.present().filter(pk=one).first()
    if found is None:
        problems.add("template", f"There is no template {one}.")
    return found
