"""Pictures for the demo: drawn by arithmetic, in the brand's colours.

Each scene is painted at a quarter of its size, where it is cheap, enlarged, and given
grain at full size, as film has it.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float64]

SIZES = ((1080, 1350), (1080, 1350), (1080, 1080), (1350, 1080), (1080, 1620))
_SCALE = 4
_QUALITY = 86

# From dark to light; every picture walks along one of these.
_PALETTES = (
    ("#0d070c", "#3a2433", "#7d3a66", "#ff77c6", "#ffdee2"),
    ("#0a0a12", "#25244a", "#5b58a0", "#a99de8", "#f2e9ff"),
    ("#0c0708", "#4a2028", "#a8485a", "#ff9a8f", "#ffe8d8"),
    ("#080a10", "#2a2444", "#7877c6", "#ff77c6", "#ffe3ec"),
    ("#0b0809", "#33222a", "#8a5a62", "#e0b3a6", "#fbeee6"),
    ("#07090c", "#1c2a3a", "#46627e", "#c7a6d8", "#ffeef4"),
)


@dataclass(frozen=True)
class Picture:
    """A finished JPEG and what the library keeps about it."""

    scene: str
    width: int
    height: int
    colour: str
    original: bytes
    thumbnail: bytes
    preview: bytes


def paint(number: int) -> Picture:
    """Paint picture `number`; the same number gives the same bytes."""
    random = np.random.default_rng(7_000 + number)
    width, height = SIZES[number % len(SIZES)]
    name = list(_SCENES)[number % len(_SCENES)]
    x, y = _grid(width // _SCALE, height // _SCALE)
    light = _SCENES[name](x, y, random)
    light = np.clip(light - 0.22 * _vignette(x, y), 0, 1)
    small = _colour(light, _PALETTES[int(random.integers(len(_PALETTES)))])
    image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    image = _grain(image, random)
    mean = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return Picture(
        scene=name,
        width=width,
        height=height,
        colour="#{:02x}{:02x}{:02x}".format(*mean),  # type: ignore[misc]
        original=_jpeg(image, _QUALITY),
        thumbnail=_jpeg(_fit(image, 480), 80),
        preview=_jpeg(_fit(image, 1600), 82),
    )


def _grid(width: int, height: int) -> tuple[Field, Field]:
    """Return coordinates that are 0 in the middle and ±1 at the shorter edge."""
    short = min(width, height) / 2
    across = (np.arange(width) - width / 2) / short
    down = (np.arange(height) - height / 2) / short
    x, y = np.meshgrid(across, down)
    return x, y


def _glow(x: Field, y: Field, at: tuple[float, float], radius: float) -> Field:
    return np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / radius**2)


def _vignette(x: Field, y: Field) -> Field:
    return np.clip((x**2 + y**2) / 2.2, 0, 1.4)


def _silk(x: Field, y: Field, random: np.random.Generator) -> Field:
    """Folds of cloth: a few bent waves, lit from one side."""
    turn = random.uniform(-0.9, 0.9)
    along, bend = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x
    height = np.zeros_like(x)
    for step in range(1, 5):
        waviness = random.uniform(0.3, 1.1)
        phase = random.uniform(0, 6.28)
        height += np.sin(2.1 * step * along + waviness * bend**2 + phase) / step
    slope = np.gradient(height, axis=1) * 14
    return 0.34 + 0.30 * np.tanh(slope) + 0.14 * np.tanh(height)


def _horizon(x: Field, y: Field, random: np.random.Generator) -> Field:
    """A low sun over water, with its broken path of light."""
    level = random.uniform(0.05, 0.5)
    sun = (random.uniform(-0.5, 0.5), level - random.uniform(0.15, 0.45))
    sky = 0.55 - 0.28 * (level - y) + 0.5 * _glow(x, y, sun, 0.55)
    disc = 1 / (1 + np.exp((np.hypot(x - sun[0], y - sun[1]) - 0.17) * 90))
    depth = np.clip(y - level, 0.001, None)
    ripples = np.sin(38 * np.log(depth + 0.05) + 3 * np.sin(9 * x + 30 * depth))
    path = np.exp(-(((x - sun[0]) / (0.10 + 0.55 * depth)) ** 2))
    sea = 0.17 + 0.10 * ripples * np.exp(-depth) + 0.55 * path * (0.6 + 0.4 * ripples)
    return np.where(y < level, np.maximum(sky, disc), sea)


def _bokeh(x: Field, y: Field, random: np.random.Generator) -> Field:
    """City lights out of focus behind a dark room."""
    light = 0.10 + 0.16 * _glow(x, y, (0.0, 0.9), 1.3)
    for _ in range(26):
        radius = random.uniform(0.06, 0.24)
        at_x, at_y = random.uniform(-1.2, 1.2), random.normal(0.1, 0.55)
        distance = np.hypot(x - at_x, y - at_y)
        disc = 1 / (1 + np.exp((distance - radius) * 70))
        rim = np.exp(-(((distance - radius) / 0.018) ** 2))
        light += random.uniform(0.08, 0.38) * (disc * 0.7 + rim * 0.35)
    return light


def _veil(x: Field, y: Field, random: np.random.Generator) -> Field:
    """Sheets of tulle hanging one behind the other, lit from behind."""
    light = 0.08 + 0.26 * _glow(x, y, (random.uniform(-0.5, 0.5), -0.2), 1.0)
    for _ in range(5):
        sway, phase = random.uniform(0.12, 0.34), random.uniform(0, 6.28)
        pace = random.uniform(1.2, 2.6)
        edge = random.uniform(-0.9, 0.9) + sway * np.sin(pace * y + phase)
        behind = np.clip((x - edge) * random.choice((-1.0, 1.0)), 0, None)
        light += 0.24 * np.exp(-behind / 0.34) * np.tanh(behind * 60)
        light += 0.16 * np.exp(-(((x - edge) / 0.012) ** 2))
    return light


def _petals(x: Field, y: Field, random: np.random.Generator) -> Field:
    """A flower seen from above, petal over petal."""
    at = (random.uniform(-0.3, 0.3), random.uniform(-0.3, 0.3))
    distance, angle = np.hypot(x - at[0], y - at[1]), np.arctan2(y - at[1], x - at[0])
    light = 0.12 + 0.15 * _glow(x, y, at, 1.4)
    for ring in range(5, 0, -1):
        count, turn = 5 + ring, random.uniform(0, 6.28)
        edge = 0.22 * ring * (1 + 0.16 * np.cos(count * angle + turn))
        petal = 1 / (1 + np.exp((distance - edge) * 46))
        shade = 0.28 + 0.11 * (5 - ring) + 0.16 * np.cos(count * angle + turn)
        shade = shade * np.clip(distance / edge, 0.25, 1)
        light = light * (1 - petal) + shade * petal
    return light + 0.5 * _glow(x, y, at, 0.10)


def _window(x: Field, y: Field, random: np.random.Generator) -> Field:
    """Evening light falling through a window onto a wall."""
    skew, shift = random.uniform(-0.55, 0.55), random.uniform(-0.35, 0.35)
    across, down = x + skew * y - shift, y + 0.12 * x
    panes = np.ones_like(x)
    for edge in (-0.62, 0.0, 0.62):
        panes *= 1 - np.exp(-(((across - edge) / 0.035) ** 2))
    panes *= 1 - np.exp(-((down / 0.04) ** 2))
    frame = 1 / (1 + np.exp((np.abs(across) - 0.62) * 55))
    frame /= 1 + np.exp((np.abs(down) - 0.95) * 26)
    leaves = np.sin(7 * x + 3 * np.sin(5 * y)) * np.sin(6 * y + 2.5 * np.sin(4 * x))
    fall = 0.62 + 0.24 * np.tanh(1.6 * leaves)
    return 0.17 + 0.10 * _glow(x, y, (shift, 0), 1.2) + frame * panes * fall


_SCENES: dict[str, Callable[[Field, Field, np.random.Generator], Field]] = {
    "veil": _veil,
    "silk": _silk,
    "horizon": _horizon,
    "window": _window,
    "bokeh": _bokeh,
    "petals": _petals,
}


def _colour(light: Field, palette: tuple[str, ...]) -> NDArray[np.uint8]:
    stops = np.linspace(0, 1, len(palette))
    channels = [
        np.interp(light, stops, [int(one[at : at + 2], 16) for one in palette])
        for at in (1, 3, 5)
    ]
    return np.stack(channels, axis=-1).astype(np.uint8)


def _grain(image: Image.Image, random: np.random.Generator) -> Image.Image:
    pixels = np.asarray(image, dtype=np.int16)
    noise = random.integers(-6, 7, size=(*pixels.shape[:2], 1), dtype=np.int16)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def _fit(image: Image.Image, edge: int) -> Image.Image:
    copy = image.copy()
    copy.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=2)
    return copy


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=False)
    return buffer.getvalue()
