"""Variables in a template's text: {model}, {date}, and names of its own.

The text is data, never code. One pass by a regular expression puts the values in, so
nothing of what a value holds is looked at again, and whatever is no known variable
stays as it is written: {0}, {model.name}, {{ model }} and {% load %} alike.
"""

import re
from collections.abc import Collection, Iterator, Mapping

MODEL, HANDLE, DATE, WEEKDAY = "model", "handle", "date", "weekday"
BUILT_IN = (MODEL, HANDLE, DATE, WEEKDAY)
NAME = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)
# The values of its own variables: {name: {model's id: value}}.
Values = Mapping[str, Mapping[str, str]]

UNKNOWN_VARIABLE = "unknown_variable"

# Longer than any slip of the pen: what stands in such braces was meant to.
_LONGEST = 100
# Braces in a row are one: {{model}} is none of ours, nor is {model} within it. The
# possessive marks keep the time proportional to the length of the text.
_BRACES = re.compile(rf"(?<!\{{)\{{++([^{{}}\n]{{1,{_LONGEST}}}+)\}}++")


def names_in(text: str) -> list[str]:
    """Return what stands in braces and could be a variable's name, each once."""
    return list(dict.fromkeys(name for name in _inside(text) if NAME.fullmatch(name)))


def unknown_in(
    text: str, own: Collection[str], plain: Collection[str] = ()
) -> list[str]:
    """Return what stands in braces and is no variable, as written, each once.

    `own` are the names of the text's own variables; `plain` are names of which it is
    known that they are to stay as they are.
    """
    known = {*BUILT_IN, *own, *plain}
    return list(dict.fromkeys(name for name in _inside(text) if name not in known))


def render(text: str, values: Mapping[str, str], *, most: int) -> str:
    """Put values in for their names; what has none stays as it is written.

    A text that grows beyond `most` characters is cut off after one more: it is too
    long, however long it would have become.
    """
    pieces, length = [], 0
    for piece in _filled(text, values):
        pieces.append(piece)
        length += len(piece)
        if length > most:
            break
    return "".join(pieces)[: most + 1]


def in_braces(name: str) -> str:
    """Return a name as it stands in the text."""
    return f"{{{name}}}"


def stays_as_written(name: str) -> str:
    """Say in a sentence what becomes of a name that is no variable."""
    return f"{in_braces(name)} is no variable and stays as written."


def _inside(text: str) -> Iterator[str]:
    return (found.group()[1:-1] for found in _BRACES.finditer(text))


def _filled(text: str, values: Mapping[str, str]) -> Iterator[str]:
    end = 0
    for found in _BRACES.finditer(text):
        yield text[end : found.start()]
        yield values.get(found.group()[1:-1], found.group())
        end = found.end()
    yield text[end:]
