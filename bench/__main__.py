"""Run every benchmark, print what came out as tables, and keep it in build/bench.json."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bench import report
from bench.benchmarks import BENCHMARKS

KEPT = Path(__file__).resolve().parent.parent / "build" / "bench.json"


def main() -> None:
    """Show each result as soon as it is there: some take a while."""
    console = Console()
    results = []
    for measure in BENCHMARKS:
        result = measure()
        console.print(report.table(result))
        results.append(result)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(report.as_json(results), encoding="utf-8")
    console.print(f"written to {KEPT.relative_to(KEPT.parent.parent)}")


if __name__ == "__main__":
    main()
