"""Variables in a text: which are there, what is put in, and what never is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.variables import BUILT_IN, names_in, render, unknown_in

MOST = 20_000
VALUES = {"model": "Lea", "handle": "@lea", "date": "2 Nov 2026", "city": "Rome"}

names = st.from_regex(r"[a-z][a-z0-9_]{0,29}", fullmatch=True)
texts_with_braces = st.text(st.sampled_from("{}% .a_mo0del\n"), max_size=60)


def filled(text: str, values: dict[str, str] = VALUES) -> str:
    return render(text, values, most=MOST)


def test_a_variable_gets_its_value_wherever_it_stands() -> None:
    text = "{model}{handle}: on {date} in {city}. {model}!"
    assert filled(text) == "Lea@lea: on 2 Nov 2026 in Rome. Lea!"


@pytest.mark.parametrize(
    "text",
    [
        "{model.__class__}",
        "{model.name}",
        "{model[0]}",
        "{model!r}",
        "{model:>10}",
        "{0}",
        "{}",
        "{{ model }}",
        "{{model}}",
        "{{{model}}}",
        "{{ model.name|upper }}",
        "{% load static %}",
        "{% debug %}",
        "{# model #}",
        "{ model }",
        "{Model}",
        "{model\n}",
        "{modèl}",
        "{model",
        "model}",
        "%(model)s ${model.x} $model",
        '{"model": 1}',
    ],
)
def test_whatever_is_no_variable_stays_as_it_is_written(text: str) -> None:
    assert filled(text) == text


def test_a_value_is_not_rendered_again() -> None:
    values = {"a": "{b}", "b": "{a}{model}", "model": "{{ a }}"}
    assert filled("{a} {b} {model}", values) == "{b} {a}{model} {{ a }}"


def test_a_name_without_a_value_stays_as_it_is_written() -> None:
    assert filled("{city} {date}", {"city": "Rome"}) == "Rome {date}"


def test_names_are_told_once_and_in_their_order() -> None:
    assert names_in("{date} {city} {date} {0} {x.y} {{b}}") == ["date", "city"]


def test_a_name_has_thirty_characters_at_most() -> None:
    longest = "a" * 30
    assert names_in(f"{{{longest}}} {{{longest}a}}") == [longest]


def test_what_is_unknown_is_told_as_it_is_written() -> None:
    text = "{model} {city} {foo} {Foo} {{ model }} {% if x %} {foo} {bar}"
    assert unknown_in(text, own={"city"}, plain={"bar"}) == [
        "foo",
        "Foo",
        "{ model }",
        "% if x %",
    ]


def test_braces_around_much_text_or_over_lines_are_no_slip() -> None:
    assert unknown_in("{" + "a " * 60 + "}", own=()) == []
    assert unknown_in("{\n  color: red\n}", own=()) == []


def test_a_text_that_grows_too_long_is_cut_after_one_character_more() -> None:
    grown = render("{city}" * 5_000, {"city": "x" * 500}, most=1_000)
    assert grown == "x" * 1_001


@pytest.mark.parametrize("piece", ["{", "{a", "{{a}", "{a{", "}{", "{a}", "{ "])
def test_a_text_of_braces_alone_takes_no_time(piece: str) -> None:
    text = piece * 20_000
    before = time.perf_counter()
    names_in(text)
    unknown_in(text, own=())
    filled(text)
    assert time.perf_counter() - before < 1


@given(texts_with_braces | st.text())
def test_without_values_a_text_is_rendered_to_itself(text: str) -> None:
    assert filled(text, {}) == text


@given(texts_with_braces)
def test_a_text_without_known_names_is_rendered_to_itself(text: str) -> None:
    if not set(names_in(text)) & {*BUILT_IN}:
        assert filled(text, dict.fromkeys(BUILT_IN, "no")) == text


@given(st.lists(st.tuples(st.text(st.characters(exclude_characters="{}")), names)))
def test_text_and_values_stand_in_their_order(pairs: list[tuple[str, str]]) -> None:
    text = "".join(f"{between}{{{name}}}" for between, name in pairs)
    values = {name: f"<{name}>" for _, name in pairs}
    expected = "".join(f"{between}<{name}>" for between, name in pairs)
    assert filled(text, values) == expected


@given(names, st.text(st.sampled_from("{}abmodel"), max_size=20))
def test_a_value_appears_just_as_it_is(name: str, value: str) -> None:
    text = f"before {{{name}}} after"
    assert filled(text, {name: value, "b": "no"} | {name: value}) == (
        f"before {value} after"
    )
