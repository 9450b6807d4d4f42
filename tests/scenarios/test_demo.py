"""`make demo` as a newcomer sees it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.scenario

REPOSITORY = Path(__file__).resolve().parents[2]
OUTPUT = REPOSITORY / "build" / "demo"
COMMAND = [sys.executable, "-m", "simulator.demo"]


def processes_of(session: int) -> list[str]:
    """The command lines of a session's processes, and of all that those started in sessions of their own."""
    found, parents = [], {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = (int(fields[1]), int(fields[3]))
    family = {pid for pid, (_, own_session) in parents.items() if own_session == session}
    for _ in range(10):
        family |= {pid for pid, (parent, _) in parents.items() if parent in family}
    for pid in family - {session}:
        try:
            found.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_the_demo_plays_an_incident_and_every_promise_holds() -> None:
    ran = subprocess.run(COMMAND, cwd=REPOSITORY, check=False, capture_output=True, text=True, timeout=170)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert max(len(line) for line in ran.stdout.splitlines()) <= 100
    result = json.loads((OUTPUT / "result.json").read_text(encoding="utf-8"))
    assert result["held"] is True
    assert {verdict["promise"] for verdict in result["promises"]} == {1, 2, 3, 4, 5, 6, 7, 8}
    changes = {(item["action"], item["outcome"]) for item in result["decisions"]}
    assert {("provision_cidr", "done"), ("release_address", "undone"), ("allocate_address", "done")} <= changes
    report = (OUTPUT / "report.html").read_text(encoding="utf-8")
    assert all(pool["after"]["pool_id"] in report for pool in result["pools"])
    assert "default-src 'none'" in report
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", report)


@pytest.mark.parametrize(("number", "moment"), [(signal.SIGINT, 6.0), (signal.SIGTERM, 1.0)])
def test_an_interrupted_demo_leaves_no_process_behind(number: signal.Signals, moment: float) -> None:
    demo = subprocess.Popen(
        COMMAND, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(moment)
    before = processes_of(demo.pid)
    os.kill(demo.pid, number)
    _, said = demo.communicate(timeout=30)

    assert before, "the demo had started nothing yet: this test would prove nothing"
    assert demo.returncode == 130
    assert processes_of(demo.pid) == []
    assert "Traceback" not in said
