"""Find the channel that a line of a table means."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from scheduling.models import Channel

Refusal = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    """What the import needs to know of a channel."""

    pk: UUID
    creator_id: UUID
    platform: str
    timezone: str
    name: str
    is_active: bool


class Accounts:
    """All channels, read once, to be found by model or handle and platform."""

    def __init__(self) -> None:
        self._by_model: dict[str, list[Account]] = defaultdict(list)
        self._by_handle: dict[str, list[Account]] = defaultdict(list)
        self._known: dict[tuple[str, str, str], Account | Refusal] = {}
        rows = Channel.objects.select_related("creator").defer("credentials")
        for channel in rows:
            account = Account(
                channel.pk,
                channel.creator_id,
                channel.platform,
                channel.creator.timezone,
                str(channel),
                channel.is_active,
            )
            self._by_model[channel.creator.slug].append(account)
            self._by_handle[_bare(channel.handle)].append(account)

    def find(self, model: str, handle: str, platform: str) -> Account | Refusal:
        """Return the account, or the field that is wrong and why."""
        asked = (model, handle, platform)
        if asked not in self._known:
            self._known[asked] = self._find(*asked)
        return self._known[asked]

    def _find(self, model: str, handle: str, platform: str) -> Account | Refusal:
        if not model and not handle:
            return "model", "Whose post was it: model, or channel?"
        if model and model not in self._by_model:
            return "model", f"There is no model “{model[:60]}” with an account."
        found = self._by_model[model] if model else self._by_handle[_bare(handle)]
        if model and handle:
            by_handle = self._by_handle.get(_bare(handle), [])
            found = [one for one in found if one in by_handle]
        if handle and not found:
            return "channel", f"There is no account “{handle[:90]}”."
        if platform:
            found = [one for one in found if one.platform == platform.lower()]
            if not found:
                return "platform", f"There is no such account on “{platform[:30]}”."
        return _only(found)


def _only(found: list[Account]) -> Account | Refusal:
    active = [one for one in found if one.is_active]
    choice = active or found
    if len(choice) == 1:
        return choice[0]
    if len({one.platform for one in choice}) > 1:
        return "platform", "On which platform? There are several accounts."
    return "channel", "Which account? There are several; give its handle."


def _bare(handle: str) -> str:
    return handle.strip().removeprefix("@").casefold()
