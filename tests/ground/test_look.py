"""The look keeps its promises: contrast, no outside address, no inline style."""

import re
from pathlib import Path

import pytest

import promura_site

HERE = Path(promura_site.__file__).parent
STATIC = HERE / "static" / "promura_site"
TEMPLATES = HERE / "templates" / "promura_site"

Colour = tuple[float, float, float]
TOKENS = dict(
    re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (STATIC / "tokens.css").read_text())
)
WHITE: Colour = (255, 255, 255)


def _rgb(name: str) -> Colour:
    value = TOKENS.get(name, name)
    red, green, blue = (int(value[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _over(top: Colour, alpha: float, below: Colour) -> Colour:
    red, green, blue = (
        t * alpha + b * (1 - alpha) for t, b in zip(top, below, strict=True)
    )
    return red, green, blue


def _luminance(colour: Colour) -> float:
    # WCAG 2.2, "relative luminance".
    parts = [c / 255 for c in colour]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("surface", ["ground", "card", "raised"])
@pytest.mark.parametrize("text", ["text", "text-2", "text-3", "link", "bad-text"])
def test_text_is_readable_on_every_surface(text: str, surface: str) -> None:
    assert _contrast(_rgb(text), _rgb(surface)) >= 4.5


@pytest.mark.parametrize("surface", ["selected", "bad-ground", "warn-ground"])
@pytest.mark.parametrize("text", ["text", "text-2", "link", "bad-text"])
def test_text_is_readable_on_tinted_surfaces(text: str, surface: str) -> None:
    assert _contrast(_rgb(text), _rgb(surface)) >= 4.5


@pytest.mark.parametrize("end", ["#7877c6", "#ff77c6"])
def test_the_primary_button_is_readable_along_its_gradient(end: str) -> None:
    assert _contrast(_rgb("on-gradient"), _rgb(end)) >= 4.5


@pytest.mark.parametrize("surface", ["ground", "card", "raised"])
@pytest.mark.parametrize(
    "mark",
    ["scheduled", "sending", "good", "hand", "warn", "bad", "text-3", "control-line"],
)
def test_glyphs_and_outlines_stand_out(mark: str, surface: str) -> None:
    assert _contrast(_rgb(mark), _rgb(surface)) >= 3


@pytest.mark.parametrize("number", range(1, 6))
def test_chart_colours_stand_out_on_a_card(number: int) -> None:
    assert _contrast(_rgb(f"chart-{number}"), _rgb("card")) >= 4.5


def test_glass_holds_over_a_white_photograph() -> None:
    glass = _over((20, 20, 20), 0.72, WHITE)
    assert _contrast(_rgb("text"), glass) >= 4.5


def test_a_dialog_holds_over_a_white_photograph() -> None:
    behind = _over((10, 10, 10), 0.64, WHITE)
    glass = _over((20, 20, 20), 0.72, behind)
    assert _contrast(_rgb("text-2"), glass) >= 4.5
    assert _contrast(_rgb("#b5abb4"), glass) >= 4.5


def test_a_badge_holds_over_a_white_photograph() -> None:
    strip = _over((10, 10, 10), 0.4, WHITE)
    badge = _over((10, 10, 10), 0.4, strip)
    assert _contrast(WHITE, badge) >= 4.5


def _sources() -> list[Path]:
    own = [
        *TEMPLATES.glob("*.html"),
        *TEMPLATES.glob("*.svg"),
        *STATIC.glob("*.css"),
        *STATIC.glob("*.js"),
        *STATIC.glob("*.svg"),
    ]
    return [path for path in own if not path.name.startswith("browsable_api")]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.name)
def test_a_source_names_no_outside_address(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(\"?//|src=\"//", text)


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name
)
def test_a_template_needs_no_unsafe_inline(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son\w+=\"", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


def test_every_state_has_its_glyph_and_its_words_agree() -> None:
    states = (STATIC / "states.js").read_text()
    words = dict(re.findall(r"^  (\w+): \"([^\"]+)\"", states, re.MULTILINE))
    sprite = (TEMPLATES / "_icons.svg").read_text()
    template = (TEMPLATES / "_state.html").read_text()
    assert len(words) == 16
    for state, word in words.items():
        assert f'id="s-{state}"' in sprite
        assert word in template or word == state.capitalize()


@pytest.mark.parametrize(
    "path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name
)
def test_a_script_stays_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 150
