"""The command: the same seed is the same episode, its promises are held, and its last line says so."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_seed_gives_the_same_episode_and_its_promises_hold() -> None:
    command = [sys.executable, "-m", "chaos", "--episodes", "1", "--seed", "3", "--digests"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = [run.communicate()[0].splitlines() for run in runs]

    assert [run.returncode for run in runs] == [0, 0]
    assert first[0] == second[0]
    assert first[0].startswith("3 ")
    assert first[-1] == second[-1] == "violations: 0"


def test_a_number_of_episodes_that_is_none_is_refused() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "chaos", "--episodes", "0"], capture_output=True, text=True, check=False
    )

    assert run.returncode == 2
    assert "at least one episode" in run.stderr


def test_what_was_played_until_an_interrupt_is_summed_up() -> None:
    command = [sys.executable, "-m", "chaos", "--episodes", "50", "--digests"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert run.stdout is not None
    first = run.stdout.readline()
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    out, err = run.communicate(timeout=60)

    assert first.startswith("1 ")
    assert (run.returncode, err) == (130, "")
    assert re.search(r"^interrupted after (\d+) episodes\nepisodes: \1, ", out, re.MULTILINE)
    assert out.splitlines()[-1] == "violations: 0"


def test_an_interrupt_before_the_first_episode_is_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chaos", "--episodes", "50"]
    run = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    while not any(each.name.startswith("poolwarden-chaos-") for each in tmp_path.iterdir()):
        time.sleep(0.01)
    time.sleep(0.3)  # the process that workers are forked from is importing
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=60)

    assert (run.returncode, out, err) == (130, "interrupted after 0 episodes\n", "")
    assert list(tmp_path.iterdir()) == []
