"""A job goes on where it stopped, whoever runs it, however often it is woken."""

from datetime import timedelta

import pytest
from django.utils import timezone

from promura_site import jobs
from promura_site.models import Job, User

pytestmark = pytest.mark.django_db(transaction=True)


def _count_up(job: Job) -> bool:
    job.done += 1
    job.cursor = {"seen": [*job.cursor.get("seen", []), job.done]}
    if job.params.get("fail_at") == job.done:
        raise RuntimeError("broken on purpose")
    return job.done >= job.total


@pytest.fixture(autouse=True)
def _kind() -> None:
    jobs.register("test.count", _count_up)


def _job(**fields: object) -> Job:
    return Job.objects.create(kind="test.count", total=5, **fields)


def test_a_job_runs_to_its_end() -> None:
    job = _job()
    jobs.run_job.call(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, job.cursor["seen"]) == ("done", 5, [1, 2, 3, 4, 5])
    assert job.finished_at


def test_a_second_wake_up_does_nothing() -> None:
    job = _job()
    jobs.run_job.call(str(job.pk))
    jobs.run_job.call(str(job.pk))
    job.refresh_from_db()
    assert job.done == 5
    assert job.attempts == 1


def test_a_failing_step_leaves_what_was_done_and_is_tried_again() -> None:
    job = _job(params={"fail_at": 3})
    jobs.run_job.call(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done) == ("running", 2)
    assert "broken on purpose" in job.error
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1), params={})
    jobs.run_job.call(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.cursor["seen"]) == ("done", [1, 2, 3, 4, 5])


def test_a_job_that_always_fails_is_given_up() -> None:
    job = _job(params={"fail_at": 1})
    for _ in range(jobs.MAX_ATTEMPTS):
        jobs.run_job.call(str(job.pk))
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.attempts == jobs.MAX_ATTEMPTS


def test_a_runner_that_lost_its_lease_writes_nothing() -> None:
    job = _job()
    held = jobs._claim(job.pk, timezone.now())
    assert held
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs._claim(job.pk, timezone.now())
    with pytest.raises(jobs.LeaseLostError):
        jobs._advance(held)
    job.refresh_from_db()
    assert job.done == 0


def test_the_sweeper_wakes_what_nobody_works_on(
    django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    stale = _job(state="running", lease_until=now - timedelta(seconds=1))
    _job(state="running", lease_until=now + timedelta(minutes=1))
    _job(state="done")
    lost = _job()
    Job.objects.filter(pk=lost.pk).update(created_at=now - timedelta(minutes=5))
    woken: list[object] = []
    monkeypatch.setattr(jobs, "wake", woken.append)
    jobs.sweep(now)
    assert set(woken) == {stale.pk, lost.pk}


def test_people_see_their_own_jobs_and_admins_all(
    editor: User, as_editor: object, as_viewer: object, as_admin: object
) -> None:
    job = _job(actor=editor)
    path = f"/api/jobs/{job.pk}"
    assert as_editor.get(path).json()["job"]["total"] == 5
    assert as_admin.get(path).status_code == 200
    assert as_viewer.get(path).status_code == 404
