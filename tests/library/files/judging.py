"""What the tests of files ask again and again."""

import io

import pytest
from PIL import Image

from library import files
from library.files import FileRefused, Limits

LIMITS = Limits()


def refusal(call, *arguments, **named) -> tuple[str, int]:
    """Return code and status of the refusal that the call must end in."""
    with pytest.raises(FileRefused) as caught:
        call(*arguments, **named)
    assert caught.value.message.endswith(".")
    return caught.value.code, caught.value.status


def channels(seen: files.Inspected) -> tuple[int, ...]:
    return tuple(bytes.fromhex(seen.colour.removeprefix("#")))


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
