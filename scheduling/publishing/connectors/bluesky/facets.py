"""What in a text is a link, a mention or a tag, by UTF-8 byte positions.

Importing this loads atproto: not to be done where no post is sent.
"""

from collections.abc import Callable
from typing import Any

from atproto_client.models import AppBskyRichtextFacet as Richtext
from atproto_client.utils.facet_detection import detect_facets, detect_mentions

# Handle -> DID; None where it belongs to nobody.
Resolve = Callable[[str], str | None]


def facets_of(text: str, resolve: Resolve) -> list[Any]:
    """Return the facets of a text as atproto's models, in order, none overlapping.

    Each handle is resolved once; a mention of nobody stays plain text.
    """
    found = [*detect_facets(text), *_mentions(text, resolve)]
    facets: list[Any] = []
    end = 0
    for facet in sorted(found, key=lambda one: one.index.byte_start):
        if facet.index.byte_start >= end:
            facets.append(facet)
            end = facet.index.byte_end
    return facets


def _mentions(text: str, resolve: Resolve) -> list[Any]:
    known: dict[str, str | None] = {}
    facets = []
    for mention in detect_mentions(text):
        handle = mention.handle.lower()
        if handle not in known:
            known[handle] = resolve(handle)
        if did := known[handle]:
            place = Richtext.ByteSlice(
                byte_start=mention.byte_start, byte_end=mention.byte_end
            )
            features = [Richtext.Mention(did=did)]
            facets.append(Richtext.Main(index=place, features=features))
    return facets
