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
    with tempfile.TemporaryDirectory(prefix="promura-crash-") as folder:
        file = Path(folder) / "figures.jsonl"
        failed = run(file, "", arguments) + run_on_postgresql(file, arguments)
        lines = file.read_text().splitlines() if file.exists() else []
    found = [json.loads(line) for line in lines]
    report = table({(one["scenario"], one["database"]): one for one in found})
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
    return (
        subprocess.run([*suite, *arguments], cwd=ROOT, env=environment).returncode > 0
    )


def run_on_postgresql(figures: Path, arguments: Sequence[str]) -> bool:
    """Run the suite on a server of its own; return whether it failed."""
    if tools() is None:
        print("PostgreSQL is not installed, so half of the suite did not run.")
        return True
    with Cluster() as cluster:
        return run(figures, cluster.url("promura"), arguments)


def table(figures: Figures) -> str:
    """Return the figures as Markdown; `a / b` is SQLite's and PostgreSQL's."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in figures))
    lines = [
        f"{os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}. "
        f"Each cell: {' / '.join(DATABASES.values())}; *held* is the longest that a "
        "publication stayed in one pair of hands, in seconds.",
        "",
        "| faults | posts | kills | published | unknown | twice | lost | held |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for scenario in scenarios:
        cells = [cell(figures, scenario, column) for column in COLUMNS]
        lines.append(f"| {scenario} | {' | '.join(cells)} |")
    lines.append(f"| **all** | {' | '.join(totals(figures))} |")
    paces = [
        f"{figures[key]['posts_a_second']:.0f} on {DATABASES[key[1]]}"
        for key in figures
        if "posts_a_second" in figures[key]
    ]
    lines += ["", f"Posts a second of one publisher process: {', '.join(paces)}."]
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
