"""Keys that an embedded installation makes for itself on its first start."""

import os
import secrets
from pathlib import Path


def read_or_create(path: Path) -> str:
    """Return the secret stored in `path`, creating it (mode 0600) if there is none.

    Several processes may start at once: the file is written whole under another
    name and linked into place, so exactly one of them wins and all read the same.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(50))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
