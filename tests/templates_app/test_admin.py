"""Templates in Django's admin: the same services behind other forms."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from metrics.models import AuditEvent
from promura_site.models import User
from templates_app import references
from templates_app.models import PostTemplate
from tests.factories import PostTemplateFactory

pytestmark = pytest.mark.django_db

LIST = "admin:templates_app_posttemplate_changelist"
ADD = "admin:templates_app_posttemplate_add"
CHANGE = "admin:templates_app_posttemplate_change"
DELETE = "admin:templates_app_posttemplate_delete"
TEA = {
    "name": "Tea",
    "content": "Tea time",
    "models": "zoe\r\namy\r\n\r\nzoe",
    "media_ids": "media-2\r\nmedia-1",
    "tags": "zest, Apple",
    "variables": '{"city": {"zoe": "Rome", "amy": ""}}',
    "schedule_pattern": "weekly",
}


@pytest.fixture
def pages(admin: User, browse: Any) -> Client:
    return browse(admin)


def run(pages: Client, action: str, *templates: PostTemplate, **more: Any) -> Any:
    address = reverse(LIST) + "?deleted=true" * any(one.deleted_at for one in templates)
    data = {"action": action, "_selected_action": [str(one.pk) for one in templates]}
    return pages.post(address, data | more, follow=True)


def test_the_list_shows_what_is_present(pages: Client) -> None:
    PostTemplateFactory(name="Here")
    PostTemplateFactory(name="Gone", deleted_at=timezone.now())
    present = pages.get(reverse(LIST)).content.decode()
    assert "Here" in present
    assert "Gone" not in present
    deleted = pages.get(reverse(LIST), {"deleted": "true"}).content.decode()
    assert "Gone" in deleted
    found = pages.get(reverse(LIST), {"q": "nothing"}).content.decode()
    assert "Here" not in found


def test_adding_goes_through_the_service(pages: Client, admin: User) -> None:
    response = pages.post(reverse(ADD), TEA)
    assert response.status_code == 302, response.context["errors"]
    template = PostTemplate.objects.get()
    assert (template.name, template.created_by) == ("Tea", admin)
    assert template.variables == {"city": {"zoe": "Rome"}}
    refs = references.describe([template])[template.pk]
    assert refs.models == ["zoe", "amy"]
    assert refs.media_ids == ["media-2", "media-1"]
    assert refs.tags == ["zest", "Apple"]
    assert AuditEvent.objects.filter(action="template.created").count() == 1


def test_changing_goes_through_the_service(pages: Client) -> None:
    pages.post(reverse(ADD), TEA)
    template = PostTemplate.objects.get()
    address = reverse(CHANGE, args=[template.pk])
    shown = pages.get(address)
    form = shown.context["adminform"].form
    kept = {name: form[name].value() for name in TEA}
    response = pages.post(address, kept | {"name": "Coffee", "tags": "Apple"})
    assert response.status_code == 302
    template.refresh_from_db()
    assert template.name == "Coffee"
    assert references.describe([template])[template.pk].tags == ["Apple"]
    event = AuditEvent.objects.get(action="template.updated")
    assert event.data["fields"] == ["name", "tags"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("schedule_pattern", "sometimes"),
        ("tags", "x" * 51),
        ("variables", "{city"),
        ("variables", "[1]"),
        ("variables", '{"model": {}}'),
        ("variables", '{"city": {"lea": 5}}'),
        ("models", "x" * 61),
        ("media_ids", "x" * 101),
    ],
)
def test_bad_input_is_shown_at_its_field(pages: Client, field: str, value: str) -> None:
    response = pages.post(reverse(ADD), TEA | {field: value})
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not PostTemplate.objects.exists()


def test_duplicating_makes_a_copy_of_each(pages: Client) -> None:
    run(
        pages, "duplicate", PostTemplateFactory(name="A"), PostTemplateFactory(name="B")
    )
    names = set(PostTemplate.objects.values_list("name", flat=True))
    assert names == {"A", "B", "Copy of A", "Copy of B"}


def test_deleting_can_be_undone(pages: Client) -> None:
    one, two = PostTemplateFactory(), PostTemplateFactory()
    response = pages.post(reverse(DELETE, args=[one.pk]), {"post": "yes"})
    assert response.status_code == 302
    run(pages, "delete_selected", two, post="yes")
    assert PostTemplate.objects.count() == 2
    assert not PostTemplate.objects.present().exists()
    for template in (one, two):
        template.refresh_from_db()
    run(pages, "restore", one, two)
    assert PostTemplate.objects.present().count() == 2


def test_what_cannot_be_restored_is_said(pages: Client) -> None:
    late = timezone.now() - timedelta(days=31)
    response = run(pages, "restore", PostTemplateFactory(name="Old", deleted_at=late))
    said = [str(one) for one in response.context["messages"]]
    assert said[0] == "Restored 0 templates."
    assert said[1].startswith("Old: ")


def test_a_deleted_template_is_read_only(pages: Client) -> None:
    template = PostTemplateFactory(deleted_at=timezone.now())
    address = reverse(CHANGE, args=[template.pk])
    assert pages.get(address).status_code == 200
    assert pages.post(address, TEA).status_code == 403
