"""Finding load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.load_balancers.exceptions import LoadBalancersNotFoundError, ValidationError
from simulator.load_balancers.models.core import LoadBalancerBackendParts, must_be_load_balancer_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.load_balancers.models.load_balancers import LoadBalancer

MOST_NAMED = 20
"""DescribeLoadBalancers: "You can specify up to 20 load balancers in a single call"."""


class DescriptionBackend(LoadBalancerBackendParts):
    """DescribeLoadBalancers. Unlike moto's, looking does not make a load balancer active."""

    def describe_load_balancers(
        self, arns: Sequence[str] | None = None, names: Sequence[str] | None = None
    ) -> list[LoadBalancer]:
        """All load balancers, oldest first, or those that are named."""
        if arns and names:
            raise ValidationError("Load balancer ARNs and names cannot be specified at the same time")
        named = list(dict.fromkeys(arns or names or ()))
        if len(named) > MOST_NAMED:
            raise ValidationError(f"Up to {MOST_NAMED} load balancers can be described in one request")
        for arn in arns or ():
            must_be_load_balancer_arn(arn)
        if not named:
            return list(self.load_balancers.values())
        known = self.load_balancers if arns else {each.name: each for each in self.load_balancers.values()}
        if unknown := [name for name in named if name not in known]:
            raise LoadBalancersNotFoundError(unknown)
        return [known[name] for name in named]
