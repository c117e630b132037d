"""Tags: one spelling each, made when they are first needed."""

import unicodedata
from collections.abc import Iterable, Sequence

from django.db import transaction

from library.models import Tag, tag_key
from promura_site import events
from promura_site.api.fields import deceives
from promura_site.api.parsers import has_unstorable
from promura_site.errors import DomainError
from promura_site.models import User

MAX_TAGS_A_CALL = 50
MAX_TAGS_AN_ITEM = 100


def normal_tag_names(names: Iterable[str], *, field: str = "tags") -> list[str]:
    """Return the names trimmed, without blanks and without second spellings.

    Raise DomainError naming `field` for a name that is too long or cannot be one: a
    comma separates tags everywhere else, so that no tag may contain it.
    """
    chosen: dict[str, str] = {}
    for name in names:
        normal = " ".join(unicodedata.normalize("NFC", name).split())
        if not any(map(_is_visible, normal)):
            continue
        key = tag_key(normal)
        if len(normal) > Tag.MAX_LENGTH or len(key) > 2 * Tag.MAX_LENGTH:
            raise _refused(field, f"A tag has {Tag.MAX_LENGTH} characters at most.")
        if "," in normal:
            raise _refused(field, "A tag has no comma in it; give two tags instead.")
        if has_unstorable(normal) or deceives(normal):
            raise _refused(field, "A tag has no control or direction characters in it.")
        chosen.setdefault(key, normal)
    if len(chosen) > MAX_TAGS_A_CALL:
        raise _refused(field, f"Give {MAX_TAGS_A_CALL} tags at most.")
    return list(chosen.values())


def get_tags(
    names: Iterable[str], *, field: str = "tags", is_demo: bool = False
) -> list[Tag]:
    """Return the tags of these names in their order, making those that are missing.

    Call it in the transaction that uses them, before any media is locked: new tags are
    inserted in the order of their keys, so that two writers never wait for each other.
    """
    wanted = {tag_key(name): name for name in normal_tag_names(names, field=field)}
    found = _by_key(list(wanted))
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        Tag.objects.bulk_create(
            [Tag(name=wanted[key], key=key, is_demo=is_demo) for key in missing],
            ignore_conflicts=True,
        )
        found |= _by_key(missing)
    return [found[key] for key in wanted]


def existing_tags(names: Iterable[str], *, field: str = "tags") -> list[Tag]:
    """Return those of the tags that exist."""
    keys = [tag_key(name) for name in normal_tag_names(names, field=field)]
    return list(_by_key(keys).values())


def rename_tag(tag: Tag, name: str, *, actor: User | None) -> Tag:
    """Spell a tag in another way; raise 409 if another tag is spelled so."""
    (normal,) = normal_tag_names([name], field="name") or [""]
    if not normal:
        raise _refused("name", "Give the tag a name.")
    key = tag_key(normal)
    with transaction.atomic():
        if Tag.objects.filter(key=key).exclude(pk=tag.pk).exists():
            raise DomainError("tag_taken", f"There is a tag “{normal}” already.", 409)
        before = tag.name
        tag.name, tag.key = normal, key
        tag.save(update_fields=["name", "key"])
        events.emit(
            "tag.renamed",
            actor=actor,
            kind="tag",
            ids=[tag.pk],
            message=f"renamed the tag {before} to {normal}",
        )
    return tag


def delete_tag(tag: Tag, *, actor: User | None) -> None:
    """Take a tag off everything that carries it, and forget it."""
    with transaction.atomic():
        events.emit(
            "tag.deleted",
            actor=actor,
            kind="tag",
            ids=[tag.pk],
            message=f"deleted the tag {tag.name}",
        )
        tag.delete()


def _by_key(keys: Sequence[str]) -> dict[str, Tag]:
    return {tag.key: tag for tag in Tag.objects.filter(key__in=keys)}


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in {"Cf", "Zs"}


def _refused(field: str, sentence: str) -> DomainError:
    return DomainError("invalid", f"{field}: {sentence}", errors={field: [sentence]})
