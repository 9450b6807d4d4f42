"""Mutation testing of the plans and the guards: `python -m assurance.mutation [GROUP...]`, as `make mutation` runs it.

A mutant is one of these modules with one operator, number, text, name or argument changed. Those that mypy refuses are
not tried; of the others, one is killed when one of its group's tests fails. Each group of modules has its own tests,
those that are quick: a mutant costs what they take.
Functions with a decorator (properties, above all) and what stands outside functions are not mutated.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assurance.checkout import BESIDE, CODE, ROOT, copy, emptied
from assurance.equivalents import EQUIVALENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BUILD = ROOT / "build" / "mutation"
NOT_WITH_TRAMPOLINES = "not nothing_but_the_standard_library"
"""The one test that runs a module where mutmut is not installed, as pytest's -k chooses tests."""

LEAST_KILLED = 0.9
SURVIVED = 0
"""The status with which pytest ends when no test fails, the one that mutmut records for such a mutant."""
REFUSED = 37
"""The status of one that mypy refuses."""
UNTESTED = frozenset({5, 33})
"""The statuses under which mutmut records a mutant that no test of the group calls."""
NOT_TRIED = frozenset({None, 34})


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Modules in a package of `lambdas`, and the tests (files or folders in `tests/lambdas`) that must kill mutants."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def sources(self) -> list[str]:
        """The files that are mutated."""
        return [f"lambdas/{module}.py" for module in self.modules]


def _group(package: str, modules: str, tests: str) -> Group:
    """A group of modules of one package, with tests of the same package; both by name, without `test_`."""
    return Group(
        name=package,
        modules=tuple(f"{package}/{name}" for name in modules.split()),
        tests=tuple(f"{package}/test_{name}.py" for name in tests.split()),
    )


GROUPS = (
    _group("align_albs", "model plan pools presence room", "decisions plan presence room"),
    _group(
        "common",
        "consent decision guard_items guards limits settings space switch targets",
        "consent decision guard_items guards limits settings space switch targets",
    ),
    _group("extend_vpcs", "model plan ranges", "decisions model plan ranges"),
    _group("notify", "plan", "messages plan"),
    _group("operate", "plan", "plan"),
    _group(
        "refill_pools",
        "case demand explain hindrance model need origin plan progress request",
        "decisions demand model plan",
    ),
    _group("release_eips", "breaker model plan signs", "breaker decisions plan signs whole"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What became of a module's mutants; `refused` were so by mypy, which `make check` runs. The names are mutmut's."""

    module: str
    refused: int
    equivalent: int
    killed: int
    survivors: tuple[str, ...]

    @property
    def tried(self) -> int:
        """How many were left for the tests to kill."""
        return self.killed + len(self.survivors)

    @property
    def share(self) -> float:
        """The share of these that the tests killed, between 0 and 1."""
        return self.killed / self.tried if self.tried else 1.0

    @property
    def line(self) -> str:
        """The figures as a row of docs/testing.md."""
        figures = f"{self.refused} | {self.equivalent} | {self.tried} | {self.killed} | {100 * self.share:.1f} %"
        return f"| `{self.module}` | {figures} |"


def try_group(group: Group) -> list[Score]:
    """Mutate the modules of a group, one mutant after the other, in a copy of the checkout under build/."""
    folder = BUILD / group.name
    _prepare(folder, group)
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # mypy is beside it
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr, env={**os.environ, "PATH": path})
    return [
        read(folder / "mutants" / f"{source}.meta", source, partial(_difference, folder)) for source in group.sources
    ]


def read(path: Path, source: str, difference: Callable[[str], str]) -> Score:
    """Read what became of a module's mutants from mutmut's notes. Errors: ValueError where one was not tried.

    `difference` gives what a mutant changes, by its name, as a unified diff.
    """
    statuses = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"] if path.exists() else {}
    counted = Counter(statuses.values())
    if any(counted[status] for status in NOT_TRIED):
        raise ValueError(f"{source}: not every mutant was tried")
    lived = {name for name, status in statuses.items() if status in {SURVIVED, *UNTESTED}}
    equivalent = {name for name in lived if (_function(name), _changed(difference(name))) in EQUIVALENT}
    return Score(
        module=source,
        refused=counted[REFUSED],
        equivalent=len(equivalent),
        killed=len(statuses) - counted[REFUSED] - len(lived),
        survivors=tuple(sorted(lived - equivalent)),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each module's figures and the names of what survived; status 1 where a module is below nine tenths."""
    parser = argparse.ArgumentParser(prog="python -m assurance.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", type=_named, metavar="GROUP", help="all, if none")
    chosen = parser.parse_args(arguments).groups or GROUPS
    scores = [score for group in chosen for score in try_group(group)]
    _print(scores)
    return int(any(score.share < LEAST_KILLED for score in scores))


def _named(name: str) -> Group:
    """Find a group by its name. argparse's own `choices` refuse that none is named."""
    for group in GROUPS:
        if group.name == name:
            return group
    raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(group.name for group in GROUPS)}")


def _prepare(folder: Path, group: Group) -> None:
    """Copy what is needed, and say what mutmut has to do there."""
    emptied(folder)
    for name in (CODE, *BESIDE):
        copy(name, folder)
        if name not in {CODE, "tests"}:
            copy(name, folder / "mutants")
    configuration = {
        "source_paths": ["lambdas"],
        "only_mutate": group.sources,
        # The trampolines that mutmut adds leave some of our own ignores unused.
        "type_check_command": ["mypy", "--output", "json", "--no-warn-unused-ignores", *group.sources],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "--hypothesis-seed=1", "-k", NOT_WITH_TRAMPOLINES],
        "pytest_add_cli_args_test_selection": [f"tests/lambdas/{test}" for test in group.tests],
        "use_git_change_detection": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in configuration.items()]
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text("\n".join([ours, "[tool.mutmut]", *lines, ""]), encoding="utf-8")


def _difference(folder: Path, mutant: str) -> str:
    command = [sys.executable, "-m", "mutmut", "show", mutant]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def _function(mutant: str) -> str:
    return mutant.rpartition("__mutmut_")[0]


def _changed(difference: str) -> str:
    """Give the lines that a mutant has instead of the original's, as one without indentation."""
    lines = [line for line in difference.splitlines() if line.startswith("+") and not line.startswith("+++")]
    return " ".join(line[1:].strip() for line in lines)


def _print(scores: Iterable[Score]) -> None:
    for score in scores:
        sys.stdout.write(f"{score.line}\n")
        sys.stdout.writelines(f"  survived: {name}\n" for name in score.survivors)


if __name__ == "__main__":
    sys.exit(main())
