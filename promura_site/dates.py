"""Days in words of any language that Django speaks, whatever the pages are written in.

The pages have one language, so translation is off; what is published has the channel's.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.dateformat import DateFormat
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT, MONTHS_AP, WEEKDAYS
from django.utils.formats import get_format
from django.utils.translation import trans_real

FALL_BACK = "en"


@lru_cache(maxsize=1024)
def date_in(language: str, day: date) -> str:
    """Write a day as a language does: “2. November 2026”; an unknown one as English."""
    known = _known(language)
    return _DayIn(known, day).format(get_format("DATE_FORMAT", known))


@lru_cache(maxsize=1024)
def weekday_in(language: str, day: date) -> str:
    """Name a day's weekday in a language; in an unknown one in English."""
    return _DayIn(_known(language), day).l()


def _known(language: str) -> str:
    """Return the language or the wider one of it that Django speaks; pt for pt-AO."""
    try:
        return trans_real.get_supported_language_variant(language).lower()
    except LookupError:
        return FALL_BACK


class _DayIn(DateFormat):
    """Django's way to format a day, with the names of one language.

    The methods are Django's letters for parts of a day.
    """

    def __init__(self, language: str, day: date) -> None:
        super().__init__(day)
        self._day = day
        self._words: Any = trans_real.translation(language)

    def l(self) -> str:  # noqa: E743
        return self._words.gettext(str(WEEKDAYS[self._day.weekday()]))

    def F(self) -> str:  # noqa: N802
        return self._words.gettext(str(MONTHS[self._day.month]))

    def M(self) -> str:  # noqa: N802
        return self._words.gettext(str(MONTHS_3[self._day.month])).title()

    def N(self) -> str:  # noqa: N802
        return self._words.pgettext("abbrev. month", str(MONTHS_AP[self._day.month]))

    def E(self) -> str:  # noqa: N802
        return self._words.pgettext("alt. month", str(MONTHS_ALT[self._day.month]))
