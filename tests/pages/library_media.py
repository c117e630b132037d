"""What the tests of the library page have in common."""

import io
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from library.models import MediaItem, Tag, tag_key
from library.services import upload_media
from promura_site.models import User
from tests.factories import MediaItemFactory
from tests.media_files import jpeg_bytes

RATIOS = ((300, 200), (200, 300), (240, 240), (320, 180))


def add_media(number: int, actor: User) -> list[MediaItem]:
    """Put media into the library, the first named picture-001.jpg, latest last.

    One is uploaded; the others are rows that share its bytes.
    """
    stream = io.BytesIO(jpeg_bytes(300, 200, seed=99))
    first = upload_media(stream, actor=actor, name="picture-001.jpg").item
    items = [first]
    for n in range(2, number + 1):
        width, height = RATIOS[n % len(RATIOS)]
        item = MediaItemFactory(
            name=f"picture-{n:03}.jpg",
            file=first.file,
            thumbnail=first.thumbnail,
            preview=first.preview,
            width=width,
            height=height,
            colour="#5a3346",
        )
        items.append(item)
    return items


def tag_item(item: MediaItem, *names: str) -> None:
    """Tag an item without any service."""
    for name in names:
        tag, _ = Tag.objects.get_or_create(key=tag_key(name), defaults={"name": name})
        item.tags.add(tag)


def tags_of(item: MediaItem) -> set[str]:
    """Return the names of the item's tags as they are now."""
    return set(item.tags.values_list("name", flat=True))


class LibraryPage:
    """The page, driven as a person would."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.tiles = page.locator(".media-item")
        self.selected = page.locator(".media-item.selected")
        self.bar = page.get_by_role("region", name="Selection")
        self.dialog = page.locator("#detail")
        self.undo = page.locator("#undo")

    def open(self, query: str = "", *, shown: int | None = None) -> "LibraryPage":
        """Load the page and wait until it shows `shown` tiles."""
        self.page.goto(f"{self.address}/library{query}")
        if shown is not None:
            expect(self.tiles).to_have_count(shown)
        return self

    def tile(self, item: MediaItem) -> Locator:
        """Return the tile of an item."""
        return self.page.locator(f'.media-item[data-media-id="{item.pk}"]')

    def picture(self, index: int) -> Locator:
        """Return what opens the tile at a place."""
        return self.tiles.nth(index).locator(".media-open")

    def check(self, index: int, **options: Any) -> None:
        """Click the check of the tile at a place."""
        self.tiles.nth(index).hover()
        self.tiles.nth(index).locator(".media-check").click(**options)

    def selected_places(self) -> list[int]:
        """Return the places of the selected tiles."""
        places: list[int] = self.tiles.evaluate_all(
            """tiles => tiles.flatMap(
                 (tile, at) => tile.classList.contains("selected") ? [at] : [])"""
        )
        return places


OpenLibrary = Callable[..., LibraryPage]
