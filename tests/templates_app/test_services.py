"""Templates' services: what they record, and what holds when many ask at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from library import holds
from promura_site import events, periodic
from promura_site.errors import DomainError
from promura_site.models import User
from templates_app import references, services
from templates_app.models import PostTemplate
from tests.factories import MediaItemFactory, PostTemplateFactory, UserFactory


@pytest.fixture
def told() -> Iterator[list[events.Event]]:
    """Collect the events that are sent meanwhile."""
    heard: list[events.Event] = []

    def listen(event: events.Event, **kwargs: Any) -> None:
        heard.append(event)

    events.happened.connect(listen)
    yield heard
    events.happened.disconnect(listen)


@pytest.mark.django_db
def test_every_action_is_told_with_who_and_what(
    admin: User, told: list[events.Event]
) -> None:
    now = timezone.now()
    made = services.create_template(actor=admin, fields={"name": "Tea", "content": ""})
    services.update_template(made.pk, actor=admin, changes={"name": "Tea time"})
    services.use_template(made.pk, actor=admin, now=now)
    copy = services.duplicate_template(made.pk, actor=admin)
    services.delete_template(made.pk, actor=admin, now=now)
    services.restore_template(made.pk, actor=admin, now=now)
    assert [(one.action, one.ids) for one in told] == [
        ("template.created", (str(made.pk),)),
        ("template.updated", (str(made.pk),)),
        ("template.used", (str(made.pk),)),
        ("template.duplicated", (str(copy.pk),)),
        ("template.deleted", (str(made.pk),)),
        ("template.restored", (str(made.pk),)),
    ]
    assert {(one.actor, one.kind) for one in told} == {(admin, "template")}
    assert told[2].message == "used the template “Tea time”"


@pytest.mark.django_db
def test_what_was_refused_is_not_told(admin: User, told: list[events.Event]) -> None:
    with pytest.raises(DomainError):
        services.use_template(uuid4(), actor=admin, now=timezone.now())
    assert told == []


@pytest.mark.django_db
def test_a_use_writes_one_update(
    as_viewer: APIClient, django_assert_max_num_queries: Any
) -> None:
    template = PostTemplateFactory()
    path = f"/api/templates/{template.pk}/use"
    as_viewer.post(path)
    # Transaction, update, the row, five kinds of references, the audit row.
    with django_assert_max_num_queries(11) as asked:
        as_viewer.post(path)
    writes = [one["sql"] for one in asked.captured_queries if "UPDATE" in one["sql"]]
    assert len(writes) == 1


@pytest.mark.django_db(transaction=True)
def test_uses_at_the_same_time_are_all_counted() -> None:
    person, template = UserFactory(), PostTemplateFactory()

    def use_often(_: int) -> None:
        try:
            for _ in range(25):
                services.use_template(template.pk, actor=person, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use_often, range(8)))
    template.refresh_from_db()
    assert template.usage_count == 200


@pytest.mark.django_db(transaction=True)
def test_the_same_new_tag_made_at_the_same_time_is_one() -> None:
    person = UserFactory()

    def create(number: int) -> None:
        try:
            services.create_template(
                actor=person,
                fields={"name": f"T{number}", "content": "", "tags": ["new", "newer"]},
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create, range(12)))
    described = references.describe(list(PostTemplate.objects.all()))
    assert [one.tags for one in described.values()] == [["new", "newer"]] * 12


@pytest.mark.django_db
def test_what_can_no_longer_be_restored_is_purged(told: list[events.Event]) -> None:
    now = timezone.now()
    kept = PostTemplateFactory(deleted_at=now - timedelta(days=29))
    there = PostTemplateFactory()
    stale = PostTemplateFactory(deleted_at=now - timedelta(days=31))
    assert periodic.Periodic.objects.filter(name="templates.purge").exists()
    services.purge_deleted(now)
    assert set(PostTemplate.objects.all()) == {kept, there}
    assert [(one.action, one.ids) for one in told] == [
        ("template.purged", (str(stale.pk),))
    ]
    services.purge_deleted(now)
    assert len(told) == 1


@pytest.mark.django_db
def test_the_library_learns_which_templates_use_an_item(admin: User) -> None:
    item = MediaItemFactory()
    fields: services.TemplateFields = {"name": "Tea", "content": ""}
    made = services.create_template(
        actor=admin, fields=fields | {"media_ids": [str(item.pk).upper()]}
    )
    services.create_template(actor=admin, fields=fields | {"media_ids": ["media-1"]})
    assert list(references.uses_of(item)) == [holds.Use("template", made.pk, "Tea")]
    assert holds.Use("template", made.pk, "Tea") in holds.usage(item)
    services.delete_template(made.pk, actor=admin, now=timezone.now())
    assert references.uses_of(item) == []


@pytest.mark.django_db
def test_a_template_outlives_who_made_it(as_viewer: APIClient) -> None:
    author = UserFactory()
    template = PostTemplateFactory(created_by=author)
    author.delete()
    response = as_viewer.get(f"/api/templates/{template.pk}")
    assert response.json()["template"]["created_by"] is None
