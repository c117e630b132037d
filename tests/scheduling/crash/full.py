"""`make crash`: the crash suite in full on both databases, and the figures it gives.

Prints the table and writes it into docs/reliability.md.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.scheduling.crash.cluster import Cluster, tools

ROOT = Path(__file__).resolve().parents[3]
REPORT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures by make crash -->", "<!-- end of figures -->"
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
COLUMNS = ("posts", "kills", "published", "unknown", "duplicates", "lost", "longest")

Figures = Mapping[tuple[str, str], Mapping[str, Any]]


def main(arguments: Sequence[str]) -> int:
    """Run everything; return how many of the two runs failed."""
    if tools() is None:
        print("PostgreSQL's programs are needed (Debian: apt-get install postgresql).")
        return 1
    paces = {}
    with tempfile.TemporaryDirectory(prefix="promura-crash-") as folder:
        file = Path(folder) / "figures.jsonl"
        file.touch()
        paces["sqlite"] = pace("")
        failed = run(file, "", arguments)
        with Cluster() as cluster:
            url = cluster.url("promura")
            paces["postgresql"] = pace(url)
            failed += run(file, url, arguments)
        lines = file.read_text().splitlines()
    found = [json.loads(line) for line in lines]
    report = table({(one["scenario"], one["database"]): one for one in found}, paces)
    print(report)
    if failed:
        print("Something failed; docs/reliability.md is left as it was.")
    elif not arguments:
        before, _, rest = REPORT.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        REPORT.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}")
    return failed


def run(figures: Path, database_url: str, arguments: Sequence[str]) -> bool:
    """Run the suite on one database; return whether it failed."""
    environment = os.environ | {
        "CRASH_FORM": "full",
        "CRASH_FIGURES": str(figures),
        "TEST_DATABASE_URL": database_url,
        "TEST_CACHE_URL": "",
    }
    suite = [sys.executable, "-m", "pytest", "-v", str(Path(__file__).parent)]
    done = subprocess.run([*suite, *arguments], cwd=ROOT, env=environment)
    return done.returncode > 0


def pace(database_url: str) -> Mapping[str, Any]:
    """Return what one publisher does in a second, as bench/publishing.py measures."""
    environment = os.environ | {"DATABASE_URL": database_url, "CACHE_URL": ""}
    done = subprocess.run(
        [sys.executable, "bench/publishing.py"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def table(figures: Figures, paces: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the figures as Markdown; `a / b` is SQLite's and PostgreSQL's."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in figures))
    lines = [
        f"{os.cpu_count()} cores with a load of {os.getloadavg()[2]:.0f}, "
        f"{platform.system()}, Python {platform.python_version()}. "
        f"Each cell: {' / '.join(DATABASES.values())}; *held* is the longest that a "
        "publication stayed in one pair of hands while a publisher was at work, in "
        "seconds.",
        "",
        "| faults | posts | kills | published | unknown | twice | lost | held |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for scenario in scenarios:
        cells = [cell(figures, scenario, column) for column in COLUMNS]
        lines.append(f"| {scenario} | {' | '.join(cells)} |")
    lines.append(f"| **all** | {' | '.join(totals(figures))} |")
    lines += [
        "",
        "One publisher process, undisturbed, to the platform answering in 20 ms:",
        "",
        "| database | posts | posts/s | processor ms a post | twice | never |",
        "|---|---|---|---|---|---|",
    ]
    for database, one in paces.items():
        measured = (
            one["posts"],
            one["posts_per_second"],
            one["processor_ms_per_post"],
            one["arrived_more_than_once"],
            one["never_arrived"],
        )
        cells = " | ".join(f"{value:g}" for value in measured)
        lines.append(f"| {DATABASES[database]} | {cells} |")
    return "\n".join(lines)


def cell(figures: Figures, scenario: str, column: str) -> str:
    found = (figures.get((scenario, name), {}).get(column) for name in DATABASES)
    return " / ".join("–" if one is None else f"{one:.0f}" for one in found)


def totals(figures: Figures) -> list[str]:
    """Return a column's sum over all scenarios, of the last one the longest."""
    found = []
    for column in COLUMNS:
        put_together = max if column == "longest" else sum
        sums = [
            put_together(
                [one.get(column, 0) for (_, name), one in figures.items() if name == db]
                or [0]
            )
            for db in DATABASES
        ]
        found.append(" / ".join(f"{one:.0f}" for one in sums))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
