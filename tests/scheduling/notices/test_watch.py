"""Nobody publishes, and the process of the background tasks says so."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from promura_site.models import Heartbeat, Periodic
from scheduling.models import Notice
from scheduling.reasons import HEARTBEAT_KIND
from tests.mail_server import MailServer
from tests.scheduling.notices.telling import a_person
from tests.scheduling.planning import a_publication
from tests.scheduling.publisher_process import ROOT, SECONDS, database_url

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_task_worker_tells_of_a_silent_publisher_by_itself() -> None:
    a_person()
    a_publication()
    long_ago = timezone.now() - timedelta(minutes=5)
    Heartbeat.objects.create(
        name="dead", kind=HEARTBEAT_KIND, started_at=long_ago, beaten_at=long_ago
    )
    Periodic.objects.bulk_create(
        [
            Periodic(name=name, next_at=long_ago)
            for name in ("notices.look", "notices.tell")
        ],
        ignore_conflicts=True,
    )
    with MailServer() as server:
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "PROMURA_DATA_DIR": str(settings.DATA_DIR),
            "EMAIL_URL": server.url,
            "LOG_LEVEL": "WARNING",
        }
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        process = subprocess.Popen(
            [sys.executable, "manage.py", "work_tasks"], cwd=ROOT, env=environment
        )
        try:
            assert server.wait_for(1, SECONDS)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
    (kept,) = server.kept
    assert kept["Subject"] == "No publisher is running: 1 post due"
    assert kept["To"] == "mira@example.com"
    assert Notice.objects.get().kind == Notice.Kind.SILENT
