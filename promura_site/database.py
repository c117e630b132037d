"""The database setting, for SQLite in the data directory or for a server."""

from pathlib import Path
from typing import Any

import environ

# FULL: a write that was acknowledged survives a power cut, not only a crash.
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728; PRAGMA cache_size=-32000;"
)


def database_settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Return Django's setting for `url`; an empty one means SQLite in `data_dir`."""
    if not url:
        data_dir.mkdir(parents=True, exist_ok=True)
        return sqlite_settings(data_dir / "promura.sqlite3")
    config: dict[str, Any] = environ.Env.db_url_config(url)
    if config["ENGINE"].endswith("sqlite3"):
        return sqlite_settings(Path(config["NAME"]))
    config.setdefault("OPTIONS", {}).update(
        connect_timeout=10,
        # A server that is gone without a word is noticed within a minute, not hours.
        keepalives_idle=30,
        keepalives_interval=10,
        keepalives_count=3,
        tcp_user_timeout=60_000,
        # A lock that is waited for longer is a fault; the caller may try again.
        options="-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s",
    )
    return config | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def sqlite_settings(path: Path) -> dict[str, Any]:
    """Return the setting for the SQLite file `path`, made safe for many writers.

    IMMEDIATE takes the write lock when a transaction opens; a lock that is only
    upgraded at the first write cannot be waited for and fails at once.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": _SQLITE_PRAGMAS,
        },
    }
