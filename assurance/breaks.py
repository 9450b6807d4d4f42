"""Promises broken on purpose, one at a time: `python -m assurance.breaks [NAME...]`, as `make breaks` runs it.

A copy of the checkout is broken as `assurance/break_list.py` says, and each judge that must name the promise plays: the
chaos soak, some episodes at a time until one of them names it, and the random tests of addresses and of refills.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from assurance.break_list import BREAKS, Break, Judge
from assurance.checkout import BESIDE, CODE, ROOT, copy, emptied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

BUILD = ROOT / "build" / "breaks"
COPIED = (CODE, *BESIDE, "chaos", "pyproject.toml")
HISTORIES = "tests/lambdas/release_eips/test_histories.py"
REFILLS = "tests/lambdas/refill_pools/promises"

INTERRUPTED = 130
"""The exit status of what SIGINT ended, as shells have it."""

EPISODES = 30
TOGETHER = 4
"""Episodes that are played before anybody asks whether one of them named the promise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """How many episodes the soak plays at most, and whether it plays them all to see how often a promise is named."""

    episodes: int = EPISODES
    to_the_end: bool = False


def broken(text: str, each: Break) -> str:
    """Break a file's text. Errors: ValueError where what is replaced is not there exactly once."""
    if (count := text.count(each.text)) != 1:
        raise ValueError(f"{each.name}: its text stands {count} times in {each.file}, not once")
    return text.replace(each.text, each.replacement)


def soak(folder: Path, each: Break, effort: Effort) -> str:
    """Play episodes in a broken copy; which seeds named its promise, empty where none did."""
    seeds: list[str] = []
    for first in range(1, effort.episodes + 1, TOGETHER):
        count = min(TOGETHER, effort.episodes + 1 - first)
        played = _run(folder, "chaos", "--episodes", str(count), "--seed", str(first))
        if "violations: " not in played.stdout:
            raise RuntimeError(f"the soak came to no end under {each.name}: {played.stderr}")
        found = re.findall(rf"^seed (\d+): promise {each.promise}:", played.stdout, re.MULTILINE)
        seeds += dict.fromkeys(found)
        if seeds and not effort.to_the_end:
            break
    return f"seed {', '.join(seeds)}" if seeds else ""


def tests(path: str, folder: Path, each: Break, _effort: Effort) -> str:
    """Run random tests, a file or a folder, in a broken copy; which one failed, empty where none did."""
    played = _run(folder, "pytest", "-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=1", path)
    if played.returncode not in {0, 1}:
        raise RuntimeError(f"{path} came to no end under {each.name}: {played.stdout}{played.stderr}")
    failed = re.search(r"^FAILED \S+::(\w+)", played.stdout, re.MULTILINE)
    return failed[1] if failed else ""


JUDGES: dict[Judge, Callable[[Path, Break, Effort], str]] = {
    "soak": soak,
    "histories": partial(tests, HISTORIES),
    "refills": partial(tests, REFILLS),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what each judge says of each break; status 1 where one of them did not name it, 130 where it was ended."""
    parser = argparse.ArgumentParser(prog="python -m assurance.breaks", description=__doc__.splitlines()[0])
    names = [each.name for each in BREAKS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, if none: {', '.join(names)}")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="the most that the soak plays of each")
    parser.add_argument("--to-the-end", action="store_true", help="play them all, to see how often it is named")
    asked = parser.parse_args(arguments)
    if unknown := sorted({*asked.names} - {*names}):
        parser.error(f"no such break: {', '.join(unknown)}")
    effort = Effort(episodes=asked.episodes, to_the_end=asked.to_the_end)
    try:
        missed = sum(_missed(each, effort) for each in BREAKS if not asked.names or each.name in asked.names)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    return int(missed > 0)


def _missed(each: Break, effort: Effort) -> int:
    """Break a promise, and print what each judge says of that; how many of them did not name it."""
    folder, missed = _prepare(each), 0
    for judge in each.judges:
        by = JUDGES[judge](folder, each, effort)
        missed += not by
        sys.stdout.write(f"promise {each.promise}, {each.name}, {judge}: {f'named by {by}' if by else 'missed'}\n")
        sys.stdout.flush()
    return missed


def _prepare(each: Break) -> Path:
    """Copy what the judges play with, and break it."""
    folder = emptied(BUILD / each.name)
    for name in COPIED:
        copy(name, folder)
    path = folder / each.file
    path.write_text(broken(path.read_text(encoding="utf-8"), each), encoding="utf-8")
    return folder


def _run(folder: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    # What a judge that is ended in the middle leaves behind goes with this folder.
    with tempfile.TemporaryDirectory(prefix="poolwarden-breaks-", ignore_cleanup_errors=True) as scratch:
        environment = {**os.environ, "TMPDIR": scratch}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
