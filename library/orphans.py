"""Files without a row: what a crash between file and row has left behind."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage

from library.idsets import IdSet
from library.models import Creator, MediaItem, Rendition
from library.renditions import FOLDER as RENDITIONS

logger = logging.getLogger(__name__)

# Younger files may belong to an upload that is still going on.
MIN_AGE = timedelta(hours=24)
FOLDERS = {"originals": "file", "thumbnails": "thumbnail", "previews": "preview"}
AVATARS = "avatars"


def sweep(now: datetime) -> None:
    """Delete stored files that no row names, and uploads that were broken off."""
    for folder in (*FOLDERS, AVATARS, RENDITIONS):
        for names in _shelves(folder):
            for name in sorted(names - _named(folder, names)):
                if default_storage.get_modified_time(name) < now - MIN_AGE:
                    logger.info("Deleting %s, which no row names", name)
                    default_storage.delete(name)
    _sweep_incoming(now)


def _shelves(folder: str) -> Iterator[set[str]]:
    """Yield the names that lie in each shelf of a folder."""
    try:
        shelves, _ = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for shelf in shelves:
        _, files = default_storage.listdir(f"{folder}/{shelf}")
        yield {f"{folder}/{shelf}/{file}" for file in files}


def _named(folder: str, names: set[str]) -> set[str]:
    """Return those of `names` that a row names."""
    if folder == AVATARS:
        faces = Creator.objects.filter(avatar__in=names)
        return set(faces.values_list("avatar", flat=True))
    # By id, which has an index, and not by name, which has none.
    ids = [one for name in names if (one := _id_in(name))]
    if folder == RENDITIONS:
        made = Rendition.objects.filter(pk__in=IdSet(ids))
        return set(made.values_list("file", flat=True))
    rows = MediaItem.objects.filter(pk__in=IdSet(ids))
    return set(rows.values_list(FOLDERS[folder], flat=True))


def _id_in(name: str) -> UUID | None:
    try:
        return UUID(Path(name).stem)
    except ValueError:
        return None


def _sweep_incoming(now: datetime) -> None:
    for path in sorted(Path(settings.FILE_UPLOAD_TEMP_DIR).rglob("*"), reverse=True):
        if path.stat().st_mtime > (now - MIN_AGE).timestamp():
            continue
        if path.is_file():
            path.unlink(missing_ok=True)
        elif not any(path.iterdir()):
            path.rmdir()
