"""What people did is on record, together with the deed or not at all."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction
from rest_framework.test import APIClient

from metrics.models import AuditEvent
from promura_site import events
from promura_site.models import User
from promura_site.origin import Origin, originating

pytestmark = pytest.mark.django_db


def test_an_action_is_written_down_with_who_what_and_where_from(editor: User) -> None:
    ids = [uuid.uuid4(), uuid.uuid4()]
    with originating(Origin("api", "192.0.2.7", "abcdef012345")):
        events.emit(
            "media.bulk_tagged",
            actor=editor,
            kind="media",
            ids=ids,
            message="tagged 2 media items",
            data={"at": datetime(2026, 6, 1, tzinfo=UTC), "tag": "sun\x00set"},
        )
    row = AuditEvent.objects.get(action="media.bulk_tagged")
    assert (row.actor, row.actor_name) == (editor, "editor")
    assert (row.action, row.kind, row.count) == ("media.bulk_tagged", "media", 2)
    assert row.ids == [str(one) for one in ids]
    assert (row.via, row.address, row.request_id) == (
        "api",
        "192.0.2.7",
        "abcdef012345",
    )
    assert row.data == {"at": "2026-06-01 00:00:00+00:00", "tag": "sunset"}
    assert row.outcome == "done"


def test_the_record_is_undone_with_the_deed(editor: User) -> None:
    with transaction.atomic():
        events.emit("post.planned", actor=editor, message="planned a post")
        transaction.set_rollback(True)
    assert not AuditEvent.objects.filter(action="post.planned").exists()


def test_a_deed_that_cannot_be_recorded_is_undone(
    editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AuditEvent, "save", _refuse)
    with pytest.raises(DatabaseError):
        _rename(editor)
    editor.refresh_from_db()
    assert editor.first_name == ""


def test_a_refusal_that_cannot_be_recorded_stays_a_refusal(
    as_viewer: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AuditEvent, "save", _refuse)
    assert as_viewer.get("/api/audit").status_code == 403


def test_a_refused_call_is_on_record(as_viewer: APIClient, viewer: User) -> None:
    as_viewer.get("/api/audit")
    row = AuditEvent.objects.get(outcome="refused")
    assert (row.actor, row.action) == (viewer, "call.refused")
    assert row.message == "was refused GET /api/audit"


def test_a_failed_sign_in_is_on_record_without_the_password(db: None) -> None:
    APIClient().post("/api/auth/token", {"username": "x\ty", "password": "hush-hush"})
    row = AuditEvent.objects.get(action="person.sign_in_failed")
    assert row.outcome == "refused"
    assert row.address == "127.0.0.1"
    assert "hush" not in f"{row.message}{row.data}"


@pytest.mark.parametrize(
    ("address", "kept"),
    [("", None), ("unix:", None), ("fe80::1%eth0", "fe80::1"), ("::1", "::1")],
)
def test_an_address_that_is_none_is_left_out(address: str, kept: str | None) -> None:
    with originating(Origin("page", address)):
        events.emit("post.planned", actor=None, message="planned a post")
    assert AuditEvent.objects.get().address == kept


def test_texts_are_cut_to_what_a_row_holds(editor: User) -> None:
    events.emit("media.renamed", actor=editor, message="n\x00\ud800" + "m" * 400)
    message = AuditEvent.objects.get(action="media.renamed").message
    assert len(message) == 300
    assert message.startswith("n?m")
    assert message.endswith("m…")


@transaction.atomic
def _rename(user: User) -> None:
    User.objects.filter(pk=user.pk).update(first_name="Mia")
    events.emit("person.changed", actor=user, message="changed a name")


def _refuse(*args: object, **kwargs: object) -> None:
    raise DatabaseError("no")
