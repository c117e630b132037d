"""Keys that an embedded installation makes for itself on its first start."""

import os
import secrets
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path


def read_or_create(path: Path) -> str:
    """Return the secret stored in `path`, creating it (mode 0600) if there is none.

    Several processes may start at once: the file is written whole under another
    name and linked into place, so exactly one of them wins and all read the same.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = _written(path, [secrets.token_urlsafe(50)])
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def stored_keys(path: Path) -> tuple[str, ...]:
    """Return the keys in a file, a line each, the newest first.

    The file is read again once it has changed, so that a key that is rotated needs
    no restart.
    """
    return _keys_of(path, path.stat().st_mtime_ns)


def put_key_in_front(path: Path) -> None:
    """Add a new key to a file; the earlier ones stay behind it."""
    keys = [secrets.token_urlsafe(50), *stored_keys(path)]
    _written(path, keys).replace(path)


def keep_newest_key(path: Path) -> None:
    """Forget all keys of a file but the first."""
    _written(path, stored_keys(path)[:1]).replace(path)


@lru_cache(maxsize=4)
def _keys_of(path: Path, changed_at: int) -> tuple[str, ...]:
    return tuple(path.read_text().split())


def _written(path: Path, keys: Sequence[str]) -> Path:
    """Return a file beside `path` that holds the keys, and only its owner may read."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write("\n".join(keys))
        handle.flush()
        os.fsync(handle.fileno())
    return draft
