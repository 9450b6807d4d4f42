"""Promises 2 and 3, and the limits of promise 4: each CIDR that a VPC gets."""

from __future__ import annotations

from collections import defaultdict
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from chaos.history import DISCOVERED_AFTER, Found, History, act

if TYPE_CHECKING:
    from chaos.log import Call


class Extensions:
    """The extensions of VPCs of an episode."""

    def __init__(self, history: History) -> None:
        self.history = history

    def examine(self) -> Found:
        """Hold each extension to free space and to being the only one, and all of them to their caps."""
        calls = [call for call in self.history.changes if call.operation == "AssociateVpcCidrBlock"]
        for call in calls:
            if not self.history.was_repeated(call):
                yield from self._free_space(call)
                yield from self._only_one(call)
        yield from self._caps(calls)

    def _free_space(self, call: Call) -> Found:
        block = ip_network(call.parameters["CidrBlock"])
        fresh = self.history.vpcs_made_since(call.time - DISCOVERED_AFTER, call)
        overlapping = [
            each["ResourceCidr"]
            for each in call.seen["resources"]
            if each.get("VpcId", each["ResourceId"]) not in fresh and block.overlaps(ip_network(each["ResourceCidr"]))
        ]
        yield 2, f"{block} was asked for, which overlaps {overlapping} (call {call.number})" if overlapping else ""

    def _only_one(self, call: Call) -> Found:
        vpc = call.seen["vpc"]
        under_way = [
            each["CidrBlock"]
            for each in vpc["CidrBlockAssociationSet"]
            if each["CidrBlockState"]["State"] == "associating"
        ]
        yield 3, f"{vpc['VpcId']} was extended while {under_way} was on its way" if under_way else ""
        needed = is_nearly_full(vpc, self.history.final.settings["extend_vpcs"])
        unneeded = not needed and not self.history.touched_lately("Subnet", call)
        yield 3, f"{vpc['VpcId']} was extended though it is not nearly full (call {call.number})" if unneeded else ""

    def _caps(self, calls: list[Call]) -> Found:
        settings = self.history.final.settings["extend_vpcs"]
        made: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for call in calls:
            vpc_id = call.parameters["VpcId"]
            if (record := act(call, vpc_id)) is None:
                continue
            day = record["last_seen"][:10]
            caps = {"all": settings["max_extensions_per_day"], vpc_id: settings["max_extensions_per_vpc_per_day"]}
            for what, cap in caps.items():
                made[day, what].add((record["decision_id"], call.parameters["CidrBlock"]))
                count = len(made[day, what])
                yield 4, f"{count} extensions of {what} on {day}, where {cap} are allowed" if count > cap else ""


def is_nearly_full(vpc: dict[str, Any], settings: dict[str, Any]) -> bool:
    """Whether subnets have taken so much of a VPC that its settings want it to have more."""
    blocks = [each for each in vpc["CidrBlockAssociationSet"] if each["CidrBlockState"]["State"] == "associated"]
    size = sum(ip_network(each["CidrBlock"]).num_addresses for each in blocks)
    taken = sum(ip_network(each).num_addresses for each in vpc["Subnets"])
    return bool(size and 100 * taken >= settings["high_water_percent"] * size)
