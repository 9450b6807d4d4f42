"""Run benchmarks and print what came out as tables; all of them are kept, too.

`python -m bench` runs all, and writes build/bench.json and docs/benchmarks.md. `python -m bench NAME ...` runs some.
"""

from __future__ import annotations

import sys

from rich.console import Console

from bench import report
from bench.benchmarks import BENCHMARKS
from bench.page import page
from infra.bundling import ROOT

KEPT = ROOT / "build" / "bench.json"
PAGE = ROOT / "docs" / "benchmarks.md"


INTERRUPTED = 130
"""The exit status of what SIGINT ended, as shells have it."""


def main(names: list[str]) -> int:
    """Run these benchmarks, or all; the exit status."""
    try:
        _run(names)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    return 0


def _run(names: list[str]) -> None:
    """Show each result as soon as it is there: some take a while."""
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        sys.exit(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    machine = report.measured_on()
    console = Console()
    results = []
    for name in names or BENCHMARKS:
        result = BENCHMARKS[name]()
        console.print(report.table(result))
        results.append(result)
    if names:
        return
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(report.as_json(results, machine), encoding="utf-8")
    PAGE.write_text(page(results, machine), encoding="utf-8")
    console.print(f"written to {KEPT.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
