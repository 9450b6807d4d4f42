"""What the mixins of load balancers use of moto's ELBv2Backend and of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.load_balancers.exceptions import LoadBalancersNotFoundError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.load_balancers.models.load_balancers import LoadBalancer


class LoadBalancerBackendParts:
    """The ELBv2Backend of one account and Region."""

    account_id: str
    region_name: str
    load_balancers: dict[str, LoadBalancer]
    tagging_service: Any

    if TYPE_CHECKING:

        @property
        def ec2_backend(self) -> Any: ...  # noqa: ANN401, D102 - moto is untyped

        def check_tags(self, tags: Mapping[str, str]) -> None: ...  # noqa: D102
        def check_ipam_pool(self, ipam_pool_id: str) -> None: ...  # noqa: D102

    def load_balancer(self, arn: str) -> LoadBalancer:
        """The load balancer of that ARN; LoadBalancerNotFound if there is none."""
        must_be_load_balancer_arn(arn)
        if arn not in self.load_balancers:
            raise LoadBalancersNotFoundError([arn])
        return self.load_balancers[arn]


def must_be_load_balancer_arn(arn: str) -> None:
    """ValidationError for an ARN of anything else (quoted in cloud-custodian/cloud-custodian#9379)."""
    if not arn.startswith("arn:") or ":loadbalancer/" not in arn:
        raise ValidationError(f"'{arn}' is not a valid load balancer ARN")
