"""The report as a reader finds it, in headless Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from report import page
from report.model import CidrRow, Course, DecisionRow, Promise, Report, ScopeMap
from report.space import Taken, stretches

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028{{7*7}}"
LOOK = Path(__file__).with_name("look.mjs")


def row(number: int, *, name: str = "prod") -> CidrRow:
    cidr = IPv4Network(f"10.{number}.0.0/16")
    taken = [
        Taken(network=IPv4Network(f"10.{number}.0.0/17"), kind="allocated", label=HOSTILE),
        Taken(network=IPv4Network(f"10.{number}.192.0/18"), kind="overlapping", label="vpc vpc-1 overlaps"),
    ]
    return CidrRow(
        pool_id=f"ipam-pool-{number}",
        pool_name=name,
        depth=number % 4,
        cidr=str(cidr),
        addresses="65,536",
        available_percent=50,
        refilled="2026-03-01T12:00:00Z" if number % 2 else None,
        stretches=tuple(stretches(cidr, taken, rest="refilled" if number % 2 else "free")),
    )


def decision(number: int) -> DecisionRow:
    return DecisionRow(
        decision_id=f"{number:016x}",
        time=f"2026-03-01 {number % 24:02}:00",
        last_seen="2026-03-02 12:00",
        count=number,
        remediation="refill_pools",
        resource=HOSTILE if number == 0 else f"ipam-pool-{number}",
        action="provision_cidr",
        outcome=["done", "blocked", "failed", "proposed"][number % 4],
        reason=["low-water", "daily-cap", "api-error", "fragmented"][number % 4],
        account="123456789012",
        region="us-east-1",
        why="12.5 % of the pool's 4096 addresses are available.",
    )


REPORT = Report(
    title=f"Addresses {HOSTILE}",
    account="123456789012",
    region="us-east-1",
    generated="2026-03-02 12:00 UTC",
    mode="enforce",
    figures={"Pools": "12", "Saved a month": "$36.50"},
    scopes=(
        ScopeMap(scope_id="ipam-scope-1", name=HOSTILE, kind="private", rows=tuple(map(row, range(12)))),
        ScopeMap(scope_id="ipam-scope-2", name="public scope", kind="public", rows=()),
    ),
    courses=(
        Course(
            pool_id="ipam-pool-1",
            name=HOSTILE,
            points=(("2026-03-01T00:00:00Z", 60), ("2026-03-01T12:00:00Z", 12.5), ("2026-03-01T13:00:00Z", 40)),
            refills=(("2026-03-01T13:00:00Z", "10.1.0.0/16"),),
        ),
    ),
    decisions=tuple(map(decision, range(60))),
    savings=(("2026-03-01T12:00:00Z", 3.65), ("2026-03-02T12:00:00Z", 36.5)),
    promises=(Promise(number=2, text="nothing overlaps", held=True, evidence="12 CIDRs compared"),),
    told=(("a@example.com", HOSTILE, HOSTILE),),
    missing=("the pools: AccessDenied",),
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    node = shutil.which("node", path=str(Path(".venv/bin").resolve()))
    assert node, "node is in .venv/bin, from its wheel"
    folder = tmp_path_factory.mktemp("report")
    page.write(folder / "report.html", REPORT)
    # The browser's own list names /tmp/fonts, wherever its package has unpacked the fonts; without any it does not run.
    (folder / "fonts.conf").write_text(f"<fontconfig><dir>{folder}/fonts</dir></fontconfig>", encoding="utf-8")
    place = {"HOME": str(folder), "TMPDIR": str(folder), "FONTCONFIG_PATH": str(folder)}
    run = subprocess.run(
        [node, LOOK, folder / "report.html", folder],
        env={"PATH": str(Path(node).parent), **place},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(run.stdout)
    yield result
    shutil.rmtree(folder)  # the unpacked browser is 200 MB


def test_nothing_goes_wrong_in_the_console_whatever_names_and_tags_say(found: dict[str, Any]) -> None:
    assert found["errors"] == []


def test_no_request_leaves_the_file(found: dict[str, Any]) -> None:
    assert {request.partition(":")[0] for request in found["requests"]} <= {"file", "data"}
    assert len({request for request in found["requests"] if request.startswith("file")}) == 1


def test_every_chart_is_drawn(found: dict[str, Any]) -> None:
    assert len(found["charts"]) == 3
    assert all(shapes > 3 for shapes in found["charts"])


def test_decisions_are_filtered_by_keyboard_alone(found: dict[str, Any]) -> None:
    assert len(found["rows"]) == 25
    assert found["filteredAway"] == ["No decision has all of these words"]
    assert found["filtered"]
    assert all("done" in each for each in found["filtered"])


def test_what_comes_from_outside_is_shown_as_text(found: dict[str, Any]) -> None:
    assert found["heading"] == f"Addresses {HOSTILE}"
    assert found["images"] == 0


def test_it_has_no_flaw_that_an_accessibility_checker_finds(found: dict[str, Any]) -> None:
    assert found["violations"] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_width_of_the_screen(found: dict[str, Any], width: int) -> None:
    assert found[f"overflow{width}"] <= 0


def test_without_its_libraries_the_page_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "ROOT", tmp_path)

    with pytest.raises(page.LibrariesMissingError, match="make setup"):
        page.write(tmp_path / "report.html", REPORT)

    assert not (tmp_path / "report.html").exists()
