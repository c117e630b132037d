"""`manage.py backtest_suggestions`: what would following suggestions have gained?"""

import gzip
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.base import BaseCommand, CommandError

from promura_site.csv_files import read_rows
from promura_site.errors import DomainError
from promura_site.zones import zone_names
from scheduling.models import ImportedPost, Publication
from scheduling.suggestions import backtest as bt
from scheduling.suggestions import forecast as fc
from scheduling.suggestions.backtest import Interval, PastPost, Row, Setup

COLUMNS = ("account", "timezone", "published_at", "engagement")
MAX_ROWS, MAX_BYTES = 5_000_000, 1_000_000_000
# Of fewer posts there is next to nothing to choose from.
LEAST_STRETCH = 10


class Command(BaseCommand):
    """Judge rankings of posting times by posts they have not seen."""

    help = (
        "Print how much the five suggested hours would have gained on held-out posts, "
        "of a CSV file (account, timezone, published_at, engagement) or of this "
        "installation."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and how to judge it."""
        usual = Setup()
        parser.add_argument("file", nargs="?", type=Path, help=".csv or .csv.gz")
        parser.add_argument(
            "--train", type=float, default=usual.train, help="share for history"
        )
        parser.add_argument("--k", type=int, default=usual.k, help="hours suggested")
        parser.add_argument(
            "--stretch",
            type=int,
            default=usual.stretch,
            help="held-out posts to a forecast; 0 names the hours once for all",
        )
        parser.add_argument("--json", action="store_true", help="figures for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, judge, print."""
        train, k, stretch = (options[name] for name in ("train", "k", "stretch"))
        if not (0.1 <= train <= 0.9 and 1 <= k <= 50):
            raise CommandError("--train is from 0.1 to 0.9, --k from 1 to 50.")
        if stretch and stretch < LEAST_STRETCH:
            raise CommandError(f"--stretch is 0 or {LEAST_STRETCH} posts and more.")
        setup = Setup(train=train, k=k, stretch=stretch)
        posts = _of_file(options["file"]) if options["file"] else _own()
        accounts = bt.accounts_of(posts)
        if not accounts:
            raise CommandError(
                f"No account has {bt.FEWEST_POSTS} posts with engagement; fewer say "
                "nothing about a ranking."
            )
        if options["json"]:
            self.stdout.write(
                json.dumps([bt.as_data(r) for r in bt.judge(accounts, setup)])
            )
            return
        self._print(accounts, setup)

    def _print(self, accounts: list[bt.Account], setup: Setup) -> None:
        count = sum(len(one.slots) for one in accounts)
        whose = "one account" if len(accounts) == 1 else f"{len(accounts)} accounts"
        met = f"{setup.stretch} posts at a time" if setup.stretch else "all at once"
        self.stdout.write(
            f"{count:,} posts of {whose}; {setup.train:.0%} history, "
            f"the rest held out and forecast for {met}; k={setup.k}\n\n"
            "Held-out lift, in units of the account's standard deviation [95 %]\n"
            + _line("n", *bt.RANKINGS, "ours less raw mean")
        )
        rows = []
        for row in bt.judge(accounts, setup):
            rows.append(row)
            shown = [_shown(one) for one in (*row.lifts.values(), row.difference)]
            self.stdout.write(_line(row.size, *shown))
        self.stdout.write("\nCalibration error, raw mean and ours")
        for row in rows:
            raw, ours = row.errors.values()
            self.stdout.write(f"{row.size:>4}  {raw:.3f}  {ours:.3f}")
        self.stdout.write(_calibration(rows))


def _line(size: str, *cells: str) -> str:
    return f"{size:>4}  " + "  ".join(f"{cell:<24}" for cell in cells).rstrip()


def _shown(one: Interval) -> str:
    return f"{one.mean:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def _calibration(rows: list[Row]) -> str:
    """Return the table of said against seen, over all sizes of history."""
    lines = ["", "Better than the average hour: said, seen, hours judged"]
    for row in rows:
        cells = [f"{b.stated:.0%} {b.seen:.0%} ({b.slots})" for b in row.calibration]
        lines.append(f"{row.size:>4}  " + "  ".join(f"{cell:<15}" for cell in cells))
    return "\n".join(line.rstrip() for line in lines)


def _of_file(path: Path) -> Iterator[PastPost]:
    opened = gzip.open if path.suffix == ".gz" else Path.open
    try:
        with opened(path, "rb") as file:
            rows = read_rows(
                cast(BinaryIO, file),
                required=COLUMNS,
                known=lambda name: True,
                max_rows=MAX_ROWS,
                max_bytes=MAX_BYTES,
            )
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read: {error.strerror or error}"
        ) from None
    except DomainError as error:
        raise CommandError(error.message) from None
    for row in rows:
        try:
            yield _post(row.values)
        except (KeyError, ValueError) as error:
            raise CommandError(f"Line {row.line}: {error}") from None


def _post(said: dict[str, str]) -> PastPost:
    at = datetime.fromisoformat(said["published_at"])
    if at.tzinfo is None:
        raise ValueError(f"{said['published_at']} has no offset")
    if said["timezone"] not in zone_names():
        raise ValueError(f"{said['timezone']} is no IANA time zone")
    engagement = float(said["engagement"])
    fc.response(engagement)
    return PastPost(said["account"], at, said["timezone"], engagement)


def _own() -> Iterator[PastPost]:
    """Yield what this installation knows, a channel an account."""
    published = Publication.objects.counting().filter(
        state=Publication.State.PUBLISHED, engagement__isnull=False
    )
    fields = ("channel_id", "published_at", "channel__creator__timezone", "engagement")
    for rows in (published, ImportedPost.objects.all()):
        for channel, at, zone, engagement in rows.order_by().values_list(*fields):
            if at is not None:
                yield PastPost(str(channel), at, zone, engagement)
