"""What a change of many posts comes to for each of them, and how it is stored."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import states
from scheduling.models import Publication
from scheduling.publishing.moves import move
from scheduling.services.bulk.loading import Batch, Failure, Loaded, load
from scheduling.services.bulk.undoing import Before
from scheduling.services.writing import follow_offer, store_change, too_late


@dataclass(frozen=True)
class Part:
    """One publication, the state that it gets, and its fields then."""

    publication: Publication
    to: str
    fields: Mapping[str, Any]

    @property
    def at(self) -> datetime | None:
        """Return when it is due then."""
        return self.fields.get("publish_at", self.publication.publish_at)


@dataclass
class Step:
    """What is to happen to one post; `before` is how it stood.

    `cleared` are the fields of its clearance that change.
    """

    loaded: Loaded
    parts: list[Part]
    publish_at: datetime | None
    zone: str
    cleared: Mapping[str, Any]
    before: Before
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def apply(self) -> None:
        """Store it, but for the post's state; the post is locked."""
        for part in self.parts:
            if not move(part.publication, part.to, **part.fields):
                # A publisher was quicker.
                part.publication.refresh_from_db(fields=["state"])
        post = self.loaded.post
        post.publish_at, post.timezone = self.publish_at, self.zone
        for name, value in self.cleared.items():
            setattr(post, name, value)
        moved = {part.publication.pk: part.at for part in self.parts}
        rows = self.loaded.publications
        follow_offer(post, [moved.get(one.pk, one.publish_at) for one in rows])
        store_change(post)

    @property
    def too_late(self) -> list[dict[str, Any]]:
        """Return the channels that it comes too late for."""
        return too_late(self.loaded.publications)


@dataclass
class Bulk:
    """What came of a call, or would come of it."""

    steps: list[Step]
    failures: list[Failure]
    dry_run: bool


def carry_out(
    ids: Iterable[str],
    prepare: Callable[[Loaded], Step],
    *,
    actor: User,
    now: datetime,
    dry_run: bool,
    action: str,
    verb: str,
    warn: Callable[[Sequence[Step]], None] | None = None,
) -> Bulk:
    """Do to each post what `prepare` makes of it, and record it as one `action`.

    What it refuses is left as it is and told with its reason; the rest is done. A dry
    run locks and stores nothing.
    """
    if dry_run:
        return _prepared(load(ids, now, lock=False), prepare, warn, dry_run=True)
    with transaction.atomic():
        bulk = _prepared(load(ids, now, lock=True), prepare, warn, dry_run=False)
        if bulk.steps:
            _store(bulk.steps, action=action, verb=verb, actor=actor)
    return bulk


def _prepared(
    batch: Batch,
    prepare: Callable[[Loaded], Step],
    warn: Callable[[Sequence[Step]], None] | None,
    *,
    dry_run: bool,
) -> Bulk:
    bulk = Bulk([], list(batch.failures), dry_run)
    for pk, loaded in batch.found.items():
        try:
            bulk.steps.append(prepare(loaded))
        except DomainError as error:
            bulk.failures.append(_refused(batch.spelled[pk], error))
    if warn and bulk.steps:
        warn(bulk.steps)
    return bulk


def _store(steps: Sequence[Step], *, action: str, verb: str, actor: User) -> None:
    for step in steps:
        step.apply()
    posts = [step.loaded.post for step in steps]
    states.recompute_all(posts)
    count = len(posts)
    events.emit(
        action,
        actor=actor,
        kind="post",
        ids=[post.pk for post in posts],
        message=f"{verb} {count} post{'s' * (count != 1)}",
    )


def _refused(given: str, error: DomainError) -> Failure:
    # A message names its field as well, which means nothing to who moved a post.
    said = [one["text"] for one in error.payload.get("too_late") or ()]
    said = said or [text for texts in error.errors.values() for text in texts]
    return Failure(given, error.code, " ".join(dict.fromkeys(said)) or error.message)
