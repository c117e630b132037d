"""Read a ``multipart/form-data`` body as strictly as a platform might."""

import re
from dataclasses import dataclass

from tests.loopback import Delivery


@dataclass(frozen=True)
class Part:
    name: str
    data: bytes
    file_name: str = ""
    content_type: str = ""


def parts_of(delivery: Delivery) -> list[Part]:
    """Return the parts in order; raise ValueError if the form is not well made."""
    kind, _, boundary = delivery.headers["Content-Type"].partition("; boundary=")
    opening = f"--{boundary}\r\n".encode()
    ending = f"\r\n--{boundary}--\r\n".encode()
    body = delivery.body
    whole = body.startswith(opening) and body.endswith(ending)
    if kind != "multipart/form-data" or not boundary or not whole:
        raise ValueError("This is no whole form.")
    inside = body[len(opening) : -len(ending)]
    return [_part(one) for one in inside.split(b"\r\n" + opening)]


def _part(raw: bytes) -> Part:
    head, _, data = raw.partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    disposition = lines["Content-Disposition"]
    said = re.fullmatch(
        r'form-data; name="([^"]+)"(?:; filename="([^"]+)")?', disposition
    )
    if said is None:
        raise ValueError(f"This says nothing: {disposition}")
    return Part(said[1], data, said[2] or "", lines.get("Content-Type", ""))
