"""The command: the same seed is the same episode, its promises are held, and its last line says so."""

from __future__ import annotations

import subprocess
import sys


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
