"""What holds for each deployed function, whatever it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.common.guards import LEASE_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.common.settings import Mode


def test_no_invocation_outlives_a_lease_that_it_took(stacks_in: Callable[[Mode], Mapping[str, Any]]) -> None:
    """Whoever finds a lease that is over takes the act for ended: nobody may be about to act by it still."""
    templates = stacks_in("enforce").values()
    resources = [resource for template in templates for resource in template["Resources"].values()]
    timeouts = [each["Properties"]["Timeout"] for each in resources if each["Type"] == "AWS::Lambda::Function"]
    assert timeouts
    assert max(timeouts) < LEASE_TIME.total_seconds()
