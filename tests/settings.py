"""Settings of the test suite: the product's own, on a throw-away data directory.

`TEST_DATABASE_URL` runs the same suite on PostgreSQL, `TEST_CACHE_URL` on Redis.
"""

import os
import tempfile
from pathlib import Path

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_data = Path(tempfile.mkdtemp(prefix=f"promura-tests-{_worker}-"))
os.environ["PROMURA_DATA_DIR"] = str(_data)
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ["CACHE_URL"] = os.environ.get("TEST_CACHE_URL", "")
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 50
os.environ["PROMURA_CREDENTIALS_KEY"] = "only-for-tests-" + "y" * 50
os.environ["PROMURA_ALLOW_PRIVATE_TARGETS"] = "1"
# Off, so that a test may publish as much as it likes; the brakes' own turn them on.
for brake in ("MIN_SPACING_MINUTES", "DAILY_CAP", "CHANNEL_RATE", "BREAKER_POSTS"):
    os.environ[f"PROMURA_{brake}"] = "0"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from promura_site.settings import *  # noqa: E402, F403
from promura_site.settings import DATABASES, EMBEDDED, STORAGES  # noqa: E402

if EMBEDDED:
    # A file, so that real processes can share the test database.
    DATABASES["default"]["TEST"] = {"NAME": str(_data / "test.sqlite3")}

# Hashing a thousand passwords proves nothing about the product; the second one is for
# people who sign in to a real process, which knows no MD5.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
# A thread that writes by itself would get in the way of a test's transaction.
FIGURES_FLUSH_SECONDS = 0
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
