"""Variables of templates by the API: kept with the template, and what is warned of."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from promura_site.errors import DomainError
from promura_site.models import User
from templates_app import services
from templates_app.models import PostTemplate
from tests.factories import PostTemplateFactory

pytestmark = pytest.mark.django_db

CITIES = {"city": {"lea": "Rome", "nobody-yet": "Oslo"}}


def saved(client: APIClient, **fields: Any) -> dict[str, Any]:
    body = {"name": "Cities", "content": "{model} in {city}"} | fields
    response = client.post("/api/templates", body)
    assert response.status_code == 201, response.json()
    return response.json()


def test_variables_are_kept_as_they_are_given(
    as_editor: APIClient, as_viewer: APIClient
) -> None:
    made = saved(as_editor, variables=CITIES)
    assert made["warnings"] == []
    shown = as_viewer.get(f"/api/templates/{made['template']['id']}").json()
    assert shown["template"]["variables"] == CITIES
    assert shown["template"]["unknown"] == []


def test_an_update_without_variables_leaves_them(as_editor: APIClient) -> None:
    address = f"/api/templates/{saved(as_editor, variables=CITIES)['template']['id']}"
    kept = as_editor.put(address, {"content": "{city}"}).json()["template"]
    assert kept["variables"] == CITIES
    changed = as_editor.patch(address, {"variables": {"city": {"lea": "Pisa"}}})
    assert changed.json()["template"]["variables"] == {"city": {"lea": "Pisa"}}
    none = as_editor.put(address, {"variables": {}}).json()
    assert none["template"]["variables"] == {}
    assert [one["name"] for one in none["warnings"]] == ["city"]


def test_an_empty_value_is_none(as_editor: APIClient) -> None:
    made = saved(as_editor, variables={"city": {"lea": "", "mia": " ", "zoe": " x "}})
    assert made["template"]["variables"] == {"city": {"zoe": " x "}}


def test_saving_warns_of_what_is_no_variable(as_editor: APIClient) -> None:
    made = saved(as_editor, content="{model} {foo} {{ x }} {bar.y} {foo}")
    assert made["warnings"] == [
        {
            "code": "unknown_variable",
            "name": name,
            "text": f"{{{name}}} is no variable and stays as written.",
        }
        for name in ("foo", "{ x }", "bar.y")
    ]
    assert made["template"]["unknown"] == ["foo", "{ x }", "bar.y"]
    assert made["template"]["content"] == "{model} {foo} {{ x }} {bar.y} {foo}"


def test_what_may_stay_is_warned_of_no_more(as_editor: APIClient, editor: User) -> None:
    made = saved(as_editor, content="{foo} {bar}")["template"]
    services.keep_braces(made["id"], ["foo"], actor=editor)
    response = as_editor.patch(f"/api/templates/{made['id']}", {"name": "Again"})
    assert [one["name"] for one in response.json()["warnings"]] == ["bar"]


def test_what_may_stay_is_remembered_once(editor: User) -> None:
    template = PostTemplateFactory(plain_braces=["foo"])
    services.keep_braces(template.pk, ["foo", "bar", "bar"], actor=editor)
    services.keep_braces(template.pk, ["bar"], actor=editor)
    template.refresh_from_db()
    assert template.plain_braces == ["bar", "foo"]
    PostTemplate.objects.all().delete()
    with pytest.raises(DomainError):
        services.keep_braces(template.pk, ["bar"], actor=editor)


def test_a_copy_has_the_same_variables(as_editor: APIClient, editor: User) -> None:
    made = saved(as_editor, content="{foo} {city}", variables=CITIES)["template"]
    services.keep_braces(made["id"], ["foo"], actor=editor)
    copy = as_editor.post(f"/api/templates/{made['id']}/duplicate").json()
    assert copy["template"]["variables"] == CITIES
    assert (copy["template"]["unknown"], copy["warnings"]) == ([], [])


@pytest.mark.parametrize(
    "variables",
    [
        None,
        [],
        {"model": {}},
        {"City": {"lea": "Rome"}},
        {"city": {"lea": 5}},
        {"city": {"lea": "x" * 501}},
        {"city": {f"m{n}": "x" for n in range(101)}},
        {f"x{n}": {} for n in range(21)},
    ],
)
def test_variables_that_are_none_are_refused(
    as_editor: APIClient, variables: Any
) -> None:
    body = {"name": "Bad", "content": "x", "variables": variables}
    response = as_editor.post("/api/templates", body)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["variables"]
    assert not PostTemplate.objects.exists()


def test_a_pattern_with_exceptions_is_kept_on_one_line(as_editor: APIClient) -> None:
    made = saved(as_editor, schedule_pattern="FREQ=DAILY\nEXDATE:20271224")
    kept = made["template"]["schedule_pattern"]
    assert kept == "FREQ=DAILY EXDATE:20271224"
