"""What a benchmark says of itself: medians with their spread, and where ours is not the best."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench import report
from bench.__main__ import main
from bench.benchmarks import BENCHMARKS
from bench.page import INTRODUCTION, page
from bench.result import OURS, Measure, Result, Row, Spread

TIME = Measure(name="time", unit="ms", better="less", limit=100)
MACHINE = {"date": "2026-11-20", "python": "3.14.0", "machine": "x86_64", "cores": 2, "load": 0.5}
LEFT = Measure(name="left", better="more")


def result(**figures: tuple[float, float]) -> Result:
    """Time and what is left, by contender."""
    rows = tuple(
        Row(
            setting="1,000 pools",
            contender=OURS if name == "ours" else name,
            figures={"time": Spread.of([time]), "left": Spread.of([left])},
        )
        for name, (time, left) in figures.items()
    )
    return Result(title="Pools", about="One with another.", measures=(TIME, LEFT), rows=rows)


def printed(found: Result) -> str:
    text = io.StringIO()
    Console(file=text, width=140).print(report.table(found))
    return text.getvalue()


def test_a_spread_is_the_median_and_the_quartiles() -> None:
    assert Spread.of([5, 1, 2, 4, 3]) == Spread(median=3, low=2, high=4)
    assert Spread.of([7]) == Spread(median=7, low=7, high=7)


def test_where_ours_is_best_nothing_is_lost() -> None:
    assert result(ours=(10, 5), theirs=(20, 5)).losses == []


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ((30, 5), "1,000 pools, time: 30 ms against 20 of theirs"),
        ((10, 4), "1,000 pools, left: 4 against 5 of theirs"),
    ],
)
def test_a_benchmark_that_loses_says_so(ours: tuple[float, float], said: str) -> None:
    lost = result(ours=ours, theirs=(20, 5))
    assert lost.losses == [said]
    assert f"LOST: {said}" in printed(lost)
    assert json.loads(report.as_json([lost], MACHINE))["benchmarks"][0]["losses"] == [said]


def test_what_is_not_compared_is_held_against_its_limit_alone() -> None:
    alone = replace(result(ours=(30, 5), theirs=(20, 5)), measures=(replace(TIME, compared=False),))
    assert alone.losses == []


def test_a_limit_that_is_passed_is_lost_too() -> None:
    assert result(ours=(101, 5)).losses == ["1,000 pools, time: 101 ms where 100 is the limit"]


def test_the_json_has_every_figure_and_what_it_was_measured_on() -> None:
    written = json.loads(report.as_json([result(ours=(10, 5))], report.measured_on()))
    assert set(written["measured_on"]) == {"date", "python", "machine", "cores", "load"}
    (row,) = written["benchmarks"][0]["rows"]
    assert row["figures"]["time"] == {"median": 10, "low": 10, "high": 10}


def test_the_page_has_every_figure_and_says_what_was_lost() -> None:
    written = page([result(ours=(30, 5), theirs=(20, 5))], MACHINE)
    assert (
        "Measured on 2026-11-20: 2 cores, x86_64, Python 3.14.0, with a load average of 0.5 when it began." in written
    )
    assert "| 1,000 pools | **Poolwarden** | 30 | 5 |\n| 1,000 pools | theirs | 20 | 5 |" in written
    assert "- **lost** 1,000 pools, time: 30 ms against 20 of theirs" in written


def test_the_page_in_the_documentation_is_one_that_the_benchmarks_wrote() -> None:
    written = Path("docs/benchmarks.md").read_text(encoding="utf-8")
    assert written.startswith(INTRODUCTION)
    assert written.count("\n## ") == len(BENCHMARKS)


def test_a_benchmark_that_is_not_there_is_named() -> None:
    with pytest.raises(SystemExit, match="no benchmark speed; there are start_up, "):
        main(["speed"])
