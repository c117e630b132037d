"""Days in words: the language's own format and names, English for an unknown one."""

from datetime import date

import pytest

from promura_site.dates import date_in, weekday_in

MONDAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("language", "words", "weekday"),
    [
        ("en", "Nov. 2, 2026", "Monday"),
        ("en-US", "Nov. 2, 2026", "Monday"),
        ("en-GB", "2 Nov 2026", "Monday"),
        ("de", "2. November 2026", "Montag"),
        ("de-AT", "2. November 2026", "Montag"),
        ("fr", "2 novembre 2026", "lundi"),
        ("ru", "2 ноября 2026 г.", "Понедельник"),
        ("pt-BR", "2 de Novembro de 2026", "Segunda-feira"),
        ("zh-Hant-TW", "2026年11月2日", "星期一"),
        ("xx", "Nov. 2, 2026", "Monday"),
        ("zz-nowhere", "Nov. 2, 2026", "Monday"),
        ("", "Nov. 2, 2026", "Monday"),
    ],
)
def test_a_day_is_written_as_its_language_does(
    language: str, words: str, weekday: str
) -> None:
    assert date_in(language, MONDAY) == words
    assert weekday_in(language, MONDAY) == weekday
