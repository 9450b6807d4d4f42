"""What holds for each deployed function, whatever it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos.account import FUNCTIONS
from chaos.wire import TIMEOUT, TIMEOUTS
from cli import operate
from lambdas.common.guards import LEASE_TIME
from lambdas.operate.aws import LONGEST_SECONDS
from lambdas.release_eips import batches, operations, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.common.settings import Mode


def test_no_invocation_outlives_a_lease_that_it_took(stacks_in: Callable[[Mode], Mapping[str, Any]]) -> None:
    """Whoever finds a lease that is over takes the act for ended: nobody may be about to act by it still."""
    timeouts = _timeouts(stacks_in("enforce"))
    assert timeouts
    assert max(timeouts.values()) < LEASE_TIME.total_seconds()


def test_what_looks_after_a_request_comes_when_that_can_only_have_ended(
    stacks_in: Callable[[Mode], Mapping[str, Any]],
) -> None:
    assert _timeouts(stacks_in("enforce"))["lambdas.operate.handler.handler"] < LONGEST_SECONDS


def test_an_approved_release_has_the_time_to_read_the_hosted_zones_and_ends_before_lambda_ends_it(
    stacks_in: Callable[[Mode], Mapping[str, Any]],
) -> None:
    timeout = _timeouts(stacks_in("enforce"))["lambdas.operate.handler.handler"]
    assert batches.LONGEST_SECONDS + sweep.RESERVE_SECONDS < operations.SECONDS
    assert timeout > operations.SECONDS + sweep.RESERVE_SECONDS


def test_whoever_asks_waits_until_the_function_for_people_has_ended(
    stacks_in: Callable[[Mode], Mapping[str, Any]],
) -> None:
    assert _timeouts(stacks_in("enforce"))["lambdas.operate.handler.handler"] < operate.LONGEST_SECONDS


def test_the_soak_ends_functions_when_lambda_does(stacks_in: Callable[[Mode], Mapping[str, Any]]) -> None:
    timeouts = _timeouts(stacks_in("enforce"))
    for function in FUNCTIONS:
        assert timeouts[f"lambdas.{function}.handler.handler"] == TIMEOUTS.get(function, TIMEOUT)


def _timeouts(stacks: Mapping[str, Any]) -> dict[str, int]:
    """Give the seconds after which Lambda ends each function, by its handler."""
    resources = [resource for template in stacks.values() for resource in template["Resources"].values()]
    functions = [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Function"]
    return {each["Handler"]: each["Timeout"] for each in functions}
