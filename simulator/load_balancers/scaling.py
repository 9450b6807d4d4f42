"""Scaling, which AWS does to load balancers by itself, on the control plane's order. There is no API for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import elbv2_backends

from simulator.load_balancers.exceptions import LoadBalancersNotFoundError

if TYPE_CHECKING:
    from simulator.load_balancers.models.load_balancers import LoadBalancer

MEMBERS = ("load_balancer", "nodes_per_zone")
MOST_NODES = 100
"""In each zone."""


class InvalidScaling(ValueError):  # noqa: N818 - it answers a control call
    """A load balancer cannot be scaled so; the message says why."""


def scale(document: Any) -> dict[str, list[dict[str, str | None]]]:  # noqa: ANN401 - parsed JSON
    """Let a load balancer, named by ARN, have so many nodes in each zone; its nodes as they are then.

    The same number again replaces the addresses of nodes whose pool has changed since, as AWS does when it replaces
    nodes. Errors: `InvalidScaling`. Whoever calls this beside other threads holds `moto_services.exclusively`.
    """
    if not isinstance(document, dict) or sorted(document) != list(MEMBERS):
        raise InvalidScaling(f"the body must be a JSON object with the members {' and '.join(MEMBERS)}")
    arn, number = (document[member] for member in MEMBERS)
    if not isinstance(arn, str):
        raise InvalidScaling(f"load_balancer must be an ARN, not {arn!r}")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST_NODES:
        raise InvalidScaling(f"nodes_per_zone must be a whole number from 1 to {MOST_NODES}, not {number!r}")
    try:
        balancer = _load_balancer(arn)
        balancer.nodes.scale(number)
    except ELBClientError as error:
        raise InvalidScaling(error.message) from None
    nodes = [
        {
            "zone": node.interface.availability_zone,
            "network_interface": node.interface.id,
            "public_ip": node.address and node.address.public_ip,
            "pool": node.address and node.address.public_ipv4_pool,
        }
        for node in balancer.nodes
    ]
    return {"nodes": nodes}


def _load_balancer(arn: str) -> LoadBalancer:
    """The load balancer of that ARN in any account. No backend is created."""
    for _, _, backend in elbv2_backends.iter_backends():
        if arn in backend.load_balancers:
            balancer: LoadBalancer = backend.load_balancers[arn]
            return balancer
    raise LoadBalancersNotFoundError([arn])
