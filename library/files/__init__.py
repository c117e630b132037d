"""Files: received, told by their content, made smaller, put in their place.

Nothing here knows the database or a request. The way of an upload: `receive` (a
temporary file and its hash), `inspect` (what it really is), `make_derivatives`
(thumbnail and preview), `place` (into the storage), and only then a row.
"""

from library.files.inspection import (
    Derivative,
    Derivatives,
    Inspected,
    inspect,
    make_derivatives,
)
from library.files.limits import FileRefused, Limits
from library.files.names import clean_filename, storage_name
from library.files.placing import Received, place, receive

__all__ = [
    "Derivative",
    "Derivatives",
    "FileRefused",
    "Inspected",
    "Limits",
    "Received",
    "clean_filename",
    "inspect",
    "make_derivatives",
    "place",
    "receive",
    "storage_name",
]
