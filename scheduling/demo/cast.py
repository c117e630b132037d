"""Who and what the demo agency consists of."""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class Person:
    """Somebody of the demo's team."""

    username: str
    full_name: str
    level: str
    timezone: str


@dataclass(frozen=True)
class Model:
    """A model of the demo agency.

    `peak` is the local hour her followers like best, `reach` the log of a usual
    post's engagement, `pace` her posts a week.
    """

    slug: str
    name: str
    timezone: str
    language: str
    platforms: tuple[str, ...]
    peak: int
    reach: float
    pace: int


@dataclass(frozen=True)
class Recipe:
    """A post template of the demo."""

    name: str
    content: str
    tags: tuple[str, ...]
    pattern: str = ""


TEAM = (
    Person("ana", "Ana Castell", "view", "Europe/Madrid"),
    Person("jules", "Jules Martin", "edit", "Europe/Berlin"),
    Person("mira", "Mira Okafor", "edit", "Europe/London"),
    Person("vera", "Vera Lindqvist", "admin", "Europe/Berlin"),
)

MODELS = (
    Model(
        "lea-moss", "Lea Moss", "Europe/Berlin", "de", ("instagram", "x"), 20, 6.1, 7
    ),
    Model(
        "nora-vale",
        "Nora Vale",
        "Europe/Berlin",
        "de",
        ("instagram", "tiktok"),
        19,
        5.7,
        6,
    ),
    Model("ida-lund", "Ida Lund", "Europe/Berlin", "en", ("instagram",), 21, 5.2, 5),
    Model(
        "ruby-hart",
        "Ruby Hart",
        "America/New_York",
        "en",
        ("instagram", "x"),
        20,
        6.6,
        7,
    ),
    Model(
        "june-avery",
        "June Avery",
        "America/New_York",
        "en",
        ("tiktok", "instagram"),
        22,
        6.0,
        6,
    ),
    Model(
        "sol-reyes",
        "Sol Reyes",
        "America/Los_Angeles",
        "es",
        ("instagram", "telegram"),
        18,
        5.9,
        6,
    ),
    Model(
        "wren-ellis",
        "Wren Ellis",
        "America/Los_Angeles",
        "en",
        ("x", "bluesky"),
        12,
        4.9,
        5,
    ),
    Model(
        "aiko-mori",
        "Aiko Mori",
        "Asia/Tokyo",
        "ja",
        ("instagram", "x"),
        21,
        6.3,
        7,
    ),
    Model("hana-sato", "Hana Sato", "Asia/Tokyo", "ja", ("instagram",), 22, 5.5, 5),
    Model(
        "tess-monroe",
        "Tess Monroe",
        "Australia/Sydney",
        "en",
        ("instagram", "tiktok"),
        19,
        5.8,
        6,
    ),
    Model("ivy-lane", "Ivy Lane", "Australia/Sydney", "en", ("instagram",), 7, 5.1, 5),
    Model(
        "cleo-winter",
        "Cleo Winter",
        "Europe/Berlin",
        "en",
        ("telegram", "instagram"),
        20,
        5.4,
        6,
    ),
)

# Accounts that a person posts to: model, platform, and in how many minutes next.
BY_HAND = (
    ("lea-moss", "threads", 6),
    ("ruby-hart", "threads", 40),
    ("tess-monroe", "snapchat", 150),
)

SCENE_TAGS = {
    "veil": ("studio", "tulle", "portrait"),
    "silk": ("silk", "studio", "detail"),
    "horizon": ("sunset", "beach", "travel"),
    "window": ("golden hour", "home", "morning"),
    "bokeh": ("night", "city", "behind the scenes"),
    "petals": ("flowers", "spring", "detail"),
}
MORE_TAGS = ("promotional", "favourite", "summer", "autumn", "teaser", "collab")

SCENE_WORDS = {
    "veil": "Sheets of tulle lit from behind",
    "silk": "Folds of silk in raking light",
    "horizon": "A low sun over dark water",
    "window": "Evening light through a window",
    "bokeh": "City lights out of focus",
    "petals": "A flower seen from above",
}

CAPTIONS = (
    "Slow mornings are a kind of luxury.",
    "New set is up. Tell me your favourite.",
    "Golden hour never asks twice.",
    "Somewhere between rehearsal and midnight.",
    "The light did all the work today.",
    "A little silence before the noise.",
    "Behind the scenes of tomorrow's story.",
    "Soft focus, strong coffee.",
    "You asked, so here it is.",
    "One frame, forty takes.",
    "Weekend plans: none. Finally.",
    "Back in the studio with the dream team.",
    "This colour, again and again.",
    "Postcard from a place I won't name.",
    "Getting ready is half the evening.",
    "Swipe for the one we nearly kept to ourselves.",
)

_WEEKDAYS = (
    ("Monday", "MO", "New week, clean page. What are you starting today?"),
    ("Tuesday", "TU", "Two looks, one mirror. Left or right?"),
    ("Wednesday", "WE", "Halfway. Here is something soft for it."),
    ("Thursday", "TH", "Throwback to a night that ran long."),
    ("Friday", "FR", "The week is over when I say so. Plans?"),
    ("Saturday", "SA", "Saturday, slowly."),
    ("Sunday", "SU", "Reset day: tea, linen, no alarms."),
)

# The one that comes again by itself, at this hour of each model's own clocks.
SERIES = "Behind the scenes"
SERIES_HOUR = time(18)
RECIPES = (
    *(
        Recipe(
            f"{day} hello", words, ("weekly", day.lower()), f"FREQ=WEEKLY;BYDAY={code}"
        )
        for day, code, words in _WEEKDAYS
    ),
    Recipe(
        "Good morning",
        "Good morning from {model}’s side of the world.",
        ("daily",),
        "daily",
    ),
    Recipe("Good night", "Lights out. Dream something kind.", ("daily",), "daily"),
    Recipe("New set teaser", "Tomorrow, 20:00. Clear your evening.", ("teaser",)),
    Recipe("New set is live", "It is here. Link where you know it is.", ("launch",)),
    Recipe(
        "Behind the scenes", "What the camera missed.", ("behind the scenes",), "weekly"
    ),
    Recipe(
        "Ask me anything",
        "One hour, your questions, honest answers.",
        ("q&a",),
        "biweekly",
    ),
    Recipe("Favourites of the month", "You chose, I counted.", ("monthly",), "monthly"),
    Recipe(
        "Thank you, subscribers",
        "You keep the lights on. Literally.",
        ("thanks",),
        "monthly",
    ),
    Recipe("Golden hour", "Twelve minutes of perfect light.", ("golden hour",)),
    Recipe("Studio day", "Cables, coffee, and one good frame.", ("studio",), "weekly"),
    Recipe(
        "Travel postcard", "Wish you were here. Some of you, at least.", ("travel",)
    ),
    Recipe("Beach set", "Salt on everything.", ("beach", "summer")),
    Recipe("City night", "The city looks better out of focus.", ("night", "city")),
    Recipe("Silk series", "Chapter next.", ("silk",), "biweekly"),
    Recipe(
        "Flowers series", "For no reason at all.", ("flowers", "spring"), "biweekly"
    ),
    Recipe(
        "Collab announcement",
        "Two of us, one roll of film. Soon.",
        ("collab", "teaser"),
    ),
    Recipe("Collab is live", "We finally did it.", ("collab", "launch")),
    Recipe("Poll: which look", "First or second? I wear the winner.", ("poll",)),
    Recipe("Poll: next location", "Sea, city or mountains?", ("poll", "travel")),
    Recipe("Outfit details", "Since you all asked.", ("detail",)),
    Recipe("Throwback", "Exactly one year ago.", ("throwback",), "monthly"),
    Recipe("Milestone", "I do not take a single one of you for granted.", ("thanks",)),
    Recipe("Birthday", "One more lap around the sun.", ("personal",)),
    Recipe("Day off", "Phone goes in the drawer. See you tomorrow.", ("personal",)),
    Recipe("Live tonight", "Live at 21:00. Bring questions.", ("live", "promotional")),
    Recipe("Live was fun", "Replay is up for those who sleep early.", ("live",)),
    Recipe("Seasonal offer", "Three days only.", ("promotional",)),
    Recipe("Last call", "Closes at midnight, wherever you are.", ("promotional",)),
    Recipe("Caption: mood", "Mood.", ("short",)),
    Recipe("Caption: light", "The light did all the work.", ("short",)),
    Recipe("Caption: soft", "Soft focus, strong coffee.", ("short",)),
    Recipe(
        "Caption: question",
        "Tell me one good thing about today.",
        ("short", "question"),
    ),
    Recipe(
        "Year in pictures",
        "Twelve months, twelve frames.",
        ("yearly",),
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30",
    ),
)
