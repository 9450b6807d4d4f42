"""What the judge goes by: the log of calls, AWS's state at the end, and the ledger; nothing of the functions'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chaos.log import PERSON

if TYPE_CHECKING:
    from datetime import datetime

    from chaos.log import Call, Log

Found = Iterator[tuple[int, str]]
"""What an examination yields: the number of a promise, and what breaks it; empty where it was held."""

REMEDIATION_OF = {
    "ProvisionIpamPoolCidr": "refill_pools",
    "ReleaseAddress": "release_eips",
    "ModifyIpPools": "align_albs",
    "AssociateVpcCidrBlock": "extend_vpcs",
    "DeprovisionIpamPoolCidr": "refill_pools",
    "AllocateAddress": "release_eips",
    "DisassociateVpcCidrBlock": "extend_vpcs",
}
ACTION_OF = {
    "ProvisionIpamPoolCidr": "provision_cidr",
    "ReleaseAddress": "release_address",
    "ModifyIpPools": "modify_ip_pools",
    "AssociateVpcCidrBlock": "associate_cidr",
    "DeprovisionIpamPoolCidr": "deprovision_cidr",
    "AllocateAddress": "allocate_address",
    "DisassociateVpcCidrBlock": "disassociate_cidr",
}
DISCOVERED_AFTER = timedelta(minutes=30)
"""IPAM may hear of a resource so much later than it came; lists lag behind besides."""

SETTLED_AFTER = timedelta(minutes=15)
"""What people changed less than this before may not have shown yet."""

REVERSALS = ("DeprovisionIpamPoolCidr", "AllocateAddress", "DisassociateVpcCidrBlock")


@dataclass(frozen=True, kw_only=True)
class Final:
    """The end of an episode: AWS's state, the ledger, and the settings that were in force."""

    settings: dict[str, Any]
    quiet_since: datetime
    ended: datetime
    ledger: tuple[dict[str, Any], ...]
    pools: list[dict[str, Any]]
    vpcs: list[dict[str, Any]]
    addresses: list[dict[str, Any]]
    load_balancers: list[dict[str, Any]]
    bad: str


class History:
    """All that happened in an episode, and what examinations ask of it."""

    def __init__(self, log: Log, final: Final) -> None:
        self.log, self.final = log, final
        self.of_run: dict[int, list[Call]] = defaultdict(list)
        for call in log.calls:
            if call.run >= 0:
                self.of_run[call.run].append(call)
        # What reached AWS, heard of or not: what AWS refused changed nothing, nor did what was so already.
        self.changes = [
            call
            for call in log.calls
            if call.run >= 0 and call.took_effect and call.operation in ACTION_OF and not _was_so(call)
        ]

    def rule(self, tags: dict[str, str]) -> dict[str, Any] | None:
        """Find the rule that governs a pool with these tags."""
        rules = self.final.settings["refill_pools"]["rules"]
        return next((rule for rule in rules if rule["match"]["tags"].items() <= tags.items()), None)

    def vpcs_made_since(self, since: datetime, call: Call) -> set[str]:
        """Give the VPCs that people made in the time before a call: nobody has discovered them yet."""
        made = [each for each in self.log.calls[: call.number] if each.operation == "CreateVpc" and each.time >= since]
        return {each.answer["Vpc"]["VpcId"] for each in made if each.answer}

    def touched_lately(self, what: str, call: Call) -> bool:
        """Whether people changed something shortly before a call; `what` is in their request's or operation's name."""
        return any(
            each.caller == PERSON
            and each.took_effect
            and call.time - SETTLED_AFTER <= each.time
            and what in f"{each.operation} {each.parameters}"
            for each in self.log.calls[: call.number]
        )

    def was_approved(self, decision_id: str, *, before: Call) -> bool:
        """Whether somebody had approved a decision when a call was made."""
        return any(
            (run.event.get("action"), run.event.get("decision_id")) == ("approve", decision_id)
            for run in self.log.runs
            if run.began <= before.time
        )

    def was_repeated(self, call: Call) -> bool:
        """Whether the same request was made before, which AWS knows by its token or by what it asks for."""
        return any(each.number < call.number and each.parameters == call.parameters for each in self.changes)


def _was_so(call: Call) -> bool:
    """Say whether a load balancer was on the pool already that it is put on, by an earlier request or by people."""
    if call.operation != "ModifyIpPools":
        return False
    was_on = call.seen.get("load_balancer", {}).get("IpamPools", {}).get("Ipv4IpamPoolId")
    return bool(was_on == call.parameters.get("IpamPools", {}).get("Ipv4IpamPoolId"))


def failed_at_aws(call: Call, final: Final) -> bool:
    """Say whether AWS took a request for a CIDR and did not carry it out, or the CIDR is gone again."""
    if call.operation == "AssociateVpcCidrBlock":
        of_vpc = (vpc for vpc in final.vpcs if vpc["VpcId"] == resource_of(call))
        return any(
            (each["CidrBlock"], each["CidrBlockState"]["State"]) == (call.parameters["CidrBlock"], "failed")
            for vpc in of_vpc
            for each in vpc["CidrBlockAssociationSet"]
        )
    if call.operation != "ProvisionIpamPoolCidr":
        return False
    made = (call.answer or {}).get("IpamPoolCidr", {}).get("IpamPoolCidrId")
    cidrs = [
        each
        for pool in final.pools
        if pool["IpamPoolId"] == call.parameters["IpamPoolId"]
        for each in pool["Cidrs"]
        if each.get("Cidr") == call.parameters.get("Cidr") and made in {None, each["IpamPoolCidrId"]}
    ]
    return not any(each["State"] == "provisioned" for each in cidrs)


def act(call: Call, resource: str) -> dict[str, Any] | None:
    """Find the action's item of a resource in the ledger as it was before a call; one that is under way counts more."""
    items = [
        item
        for item in call.ledger
        if item["record"] == "act"
        and item["action"] == ACTION_OF[call.operation]
        and resource in {item["resource_id"], item["detail"].get("before", {}).get("public_ip")}
    ]
    if token := call.parameters.get("ClientToken"):
        named = [item for item in items if item["decision_id"] in token]
        items = named or items
    return max(items, key=lambda item: item["outcome"] in {"intended", "pending"}, default=None)


def resource_of(call: Call) -> str:
    """Give the id of the resource that a call changes."""
    if call.operation == "DisassociateVpcCidrBlock":
        return str(call.seen["vpc"].get("VpcId", ""))
    asks_for_address = call.operation == "AllocateAddress"
    names = ["Address"] if asks_for_address else ["IpamPoolId", "AllocationId", "LoadBalancerArn", "VpcId"]
    return next((str(call.parameters[name]) for name in names if name in call.parameters), "")
