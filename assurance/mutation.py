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
from pathlib import Path
from typing import TYPE_CHECKING

from assurance.checkout import BESIDE, CODE, ROOT, copy, emptied

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


EQUIVALENT = {
    "lambdas.align_albs.presence.x_remembered__mutmut_47": "what is part of a set adds nothing to it",
    "lambdas.align_albs.presence.x_remembered__mutmut_49": "likewise",
    "lambdas.common.consent.x__is_proposal_of__mutmut_3": "no proposal has an empty id",
    "lambdas.common.consent.x__is_proposal_of__mutmut_6": "a round before the first would have the first one's id",
    "lambdas.common.consent.x__read__mutmut_12": "the key of a proposal has one #",
    "lambdas.common.space.x__joins__mutmut_2": "counts are only compared with each other",
    "lambdas.common.space.x__joins__mutmut_7": "likewise",
    "lambdas.common.space.x_merged__mutmut_3": "two equal ends are no range, whatever they are",
    "lambdas.common.space.x_merged__mutmut_5": "in which order ranges with one start are joined makes no difference",
    "lambdas.common.space.x_merged__mutmut_7": "likewise",
    "lambdas.common.space.x_merged__mutmut_18": "an end that is the same is kept by setting it again",
    "lambdas.common.space.x_parse__mutmut_16": "the order of bytes is big where none is said",
    "lambdas.common.space.x_without__mutmut_7": "ranges that do not overlap have starts of their own",
    "lambdas.common.space.x_without__mutmut_9": "likewise",
    "lambdas.common.space.x_without__mutmut_12": "an obstacle that ends where a range starts takes nothing of it",
    "lambdas.common.space.x_without__mutmut_19": "one that starts where a range ends neither",
    "lambdas.common.space.x_without__mutmut_27": "obstacles are merged: the one after it starts behind the range",
    "lambdas.common.space.x_written__mutmut_15": "the order of bytes is big where none is said",
    "lambdas.extend_vpcs.model.x__lateness__mutmut_9": "what came last is told by the order alone",
    "lambdas.extend_vpcs.plan.x__cases__mutmut_9": "no block is named so",
    "lambdas.extend_vpcs.plan.x__extend__mutmut_17": "a CIDR has one slash",
    "lambdas.extend_vpcs.plan.x__length__mutmut_7": "likewise",
    "lambdas.extend_vpcs.plan.xǁTermsǁnearly_full__mutmut_9": "no VPC has a single address",
    "lambdas.notify.plan.x__parts__mutmut_61": "a part without text is left out",
    "lambdas.notify.plan.x__parts__mutmut_63": "likewise",
    "lambdas.refill_pools.need.x_shortage__mutmut_1": "a pool with a CIDR has an address at least",
    "lambdas.refill_pools.request.x_answered__mutmut_9": "what a text is parted by is in it once at most",
    "lambdas.refill_pools.request.x_length_of__mutmut_3": "a CIDR has one slash",
    "lambdas.release_eips.breaker.x__ask__mutmut_24": "no proposal has such an id, so that none is approved so",
    "lambdas.release_eips.breaker.x_let_through__mutmut_38": "likewise",
}
"""Mutants that do what the original does, by mutmut's names, and why: no test can tell them apart."""


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
        "consent decision guard_items guards settings space switch targets",
        "consent decision guard_items guards settings space switch targets",
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
    return [read(folder / "mutants" / f"{source}.meta", source) for source in group.sources]


def read(path: Path, source: str) -> Score:
    """Read what became of a module's mutants from mutmut's notes. Errors: ValueError where one was not tried."""
    statuses = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"] if path.exists() else {}
    counted = Counter(statuses.values())
    if any(counted[status] for status in NOT_TRIED):
        raise ValueError(f"{source}: not every mutant was tried")
    lived = {name for name, status in statuses.items() if status in {SURVIVED, *UNTESTED}}
    return Score(
        module=source,
        refused=counted[REFUSED],
        equivalent=len(lived & EQUIVALENT.keys()),
        killed=len(statuses) - counted[REFUSED] - len(lived),
        survivors=tuple(sorted(lived - EQUIVALENT.keys())),
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


def _print(scores: Iterable[Score]) -> None:
    for score in scores:
        sys.stdout.write(f"{score.line}\n")
        sys.stdout.writelines(f"  survived: {name}\n" for name in score.survivors)


if __name__ == "__main__":
    sys.exit(main())
