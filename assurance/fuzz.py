"""Fuzzes the handlers and the configuration by coverage: `python -m assurance.fuzz --seconds N`, or `make fuzz`.

atheris watches which lines of `lambdas` and `infra.config` an input reaches, and keeps changing those that reach new
ones; the properties are those of tests/lambdas/test_hostile_events.py and tests/infra/test_config_properties.py.
What breaks one is printed with the event or document that does. https://github.com/google/atheris
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atheris

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LAMBDAS = Path(__file__).resolve().parent.parent / "lambdas"
TARGETS = ("configuration", *sorted(each.parent.name for each in LAMBDAS.glob("*/handler.py")))
"""The configuration, and every function, by its folder: what is imported here is not watched."""

LARGEST_INPUT = 4096


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz each target in turn, in a process of its own, as libFuzzer ends its process when the time is over."""
    parser = argparse.ArgumentParser(prog="python -m assurance.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    broken = []
    for target in TARGETS:
        child = os.fork()
        if not child:
            _fuzz(target, seconds=max(1, asked.seconds // len(TARGETS)), seed=asked.seed)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            broken.append(target)
    sys.stdout.write(f"broken: {', '.join(broken) or 'nothing'}\n")
    return int(bool(broken))


def _fuzz(target: str, *, seconds: int, seed: int) -> None:
    sys.stdout.write(f"{target}, {seconds} s\n")
    sys.stdout.flush()
    with atheris.instrument_imports(include=["lambdas", "infra.config"]), contextlib.ExitStack() as stack:
        run = _of_configuration() if target == "configuration" else _of_handler(target, stack)
        # Long inputs from the beginning: what Hypothesis makes of a few bytes is no event.
        flags = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LARGEST_INPUT}", "-len_control=0"]
        atheris.Setup(["fuzz", *flags, "-verbosity=0", "-print_final_stats=1"], run)
        atheris.Fuzz()


def _of_handler(function: str, stack: contextlib.ExitStack) -> Callable[[bytes], Any]:
    """Hold a handler to what is promised of any event, in an account where nothing is due."""
    from hypothesis import HealthCheck, given, settings

    from tests.lambdas.hostile import changed_events, quiet_account
    from tests.lambdas.test_hostile_events import hold

    witness = stack.enter_context(quiet_account())

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(event=changed_events())
    def holds(event: Any) -> None:  # noqa: ANN401 - whatever wakes a function
        hold(function, event, witness)

    run: Callable[[bytes], Any] = holds.hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    return run


def _of_configuration() -> Callable[[bytes], Any]:
    """Hold the reader of the configuration to accepting a document whole or refusing it in clear lines."""
    from tests.infra.test_config_properties import (
        test_a_mutated_configuration_is_accepted_whole_or_refused_in_clear_lines as holds,
    )

    run: Callable[[bytes], Any] = holds.hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    return run


if __name__ == "__main__":
    sys.exit(main())
