"""Promises 2 and 3, and the limits of promise 4: each CIDR that a pool gets."""

from __future__ import annotations

from collections import defaultdict
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from chaos.history import DISCOVERED_AFTER, Found, History, act, failed_at_aws
from chaos.log import PERSON

if TYPE_CHECKING:
    from chaos.log import Call


class Refills:
    """The refills of an episode."""

    def __init__(self, history: History) -> None:
        self.history = history

    def examine(self) -> Found:
        """Hold each refill to free space and to being needed once, and all of them to their caps."""
        for call in self.history.changes:
            if call.operation == "ProvisionIpamPoolCidr":
                yield from self._free_space(call)
                yield from self._needed_once(call)
        yield from self._refill_caps()

    def _free_space(self, call: Call) -> Found:
        if "Cidr" not in call.parameters:
            return
        block = ip_network(call.parameters["Cidr"])
        pools = {each["IpamPoolId"]: each for each in call.seen["pools"]}
        pool = pools[call.parameters["IpamPoolId"]]
        if self.history.was_repeated(call):
            return  # the same request again, which AWS knows by its token
        source = pool.get("SourceIpamPoolId")
        taken = (
            [each["Cidr"] for each in pools[source]["Allocations"]]
            if source
            else [
                cidr["Cidr"]
                for other in pools.values()
                if other["IpamScopeArn"] == pool["IpamScopeArn"] and not other.get("SourceIpamPoolId")
                for cidr in other["Cidrs"]
                if cidr["State"] in {"provisioned", "pending-provision"}
            ]
        )
        fresh = self.history.vpcs_made_since(call.time - DISCOVERED_AFTER, call)
        taken += [
            each["ResourceCidr"]
            for each in call.seen["resources"]
            if each.get("VpcId", each["ResourceId"]) not in fresh
        ]
        overlapping = [each for each in taken if block.overlaps(ip_network(each))]
        unheard = call.answer is None and self.history.touched_lately(str(block), call)
        if unheard or failed_at_aws(call, self.history.final):
            return  # somebody took it between our look and our call, and AWS refused it, heard or not
        yield 2, f"{block} was asked for, which overlaps {overlapping} (call {call.number})" if overlapping else ""

    def _needed_once(self, call: Call) -> Found:
        pool_id, token = call.parameters["IpamPoolId"], call.parameters.get("ClientToken")
        (pool,) = [each for each in call.seen["pools"] if each["IpamPoolId"] == pool_id]
        before = [
            each
            for each in self.history.changes
            if each.number < call.number
            and (each.operation, each.parameters.get("IpamPoolId")) == (call.operation, pool_id)
            and each.parameters.get("ClientToken") != token
        ]
        asked = {each.parameters.get("Cidr") for each in before} - self._asked_by_people(call, pool_id)
        flying = [
            each["Cidr"]
            for each in pool["Cidrs"]
            if each["State"] == "pending-provision" and each.get("Cidr") in asked and each.get("Cidr") is not None
        ]
        # The same request again, which AWS knows by its token, finds in flight what it asked for itself.
        another = bool(flying) and not self.history.was_repeated(call)
        yield 3, f"{pool_id} was refilled while {flying} was in flight (call {call.number})" if another else ""
        once = {
            each.parameters.get("Cidr")
            for each in self.history.changes
            if each.operation == call.operation and each.parameters.get("ClientToken") == token
        }
        yield 3, f"one decision asked for {sorted(map(str, once))} for {pool_id}" if len(once) > 1 else ""
        record = act(call, pool_id)
        again = any(
            each.parameters.get("ClientToken") == token and each.number < call.number for each in self.history.changes
        )
        if record is not None and record["reason"] == "low-water" and not again:
            yield 3, self._unneeded(call, pool)

    def _asked_by_people(self, call: Call, pool_id: str) -> set[str]:
        """Give the CIDRs that people were the last to ask for, for a pool."""
        last = {
            each.parameters.get("Cidr"): each.caller
            for each in self.history.log.calls[: call.number]
            if (each.operation, each.parameters.get("IpamPoolId")) == (call.operation, pool_id) and each.took_effect
        }
        return {str(cidr) for cidr, caller in last.items() if caller == PERSON}

    def _unneeded(self, call: Call, pool: dict[str, Any]) -> str:
        """Say that a pool had what its rule asks, and nobody had changed it shortly before; empty where it had not."""
        tags = {each["Key"]: each["Value"] for each in pool.get("Tags", ())}
        rule = self.history.rule(tags)
        if rule is None:
            return f"{pool['IpamPoolId']} was refilled though no rule governs it"
        share = available_percent(pool)
        recently = self.history.touched_lately(pool["IpamPoolId"], call)
        if share < rule["target_percent"] or recently:
            return ""
        return f"{pool['IpamPoolId']} was refilled with {share:.0f} % of it available (call {call.number})"

    def _refill_caps(self) -> Found:
        settings = self.history.final.settings["refill_pools"]
        made: dict[tuple[str, str], set[str]] = defaultdict(set)
        for call in self.history.changes:
            if call.operation != "ProvisionIpamPoolCidr":
                continue
            pool_id = call.parameters["IpamPoolId"]
            record = act(call, pool_id)
            if record is None:
                continue
            (pool,) = [each for each in call.seen["pools"] if each["IpamPoolId"] == pool_id]
            day = record["last_seen"][:10]
            for what in ("all", pool_id):
                made[day, what].add(str(call.parameters.get("ClientToken")))
            most = {"all": settings["max_provisions_per_day"]}
            rule = self.history.rule({each["Key"]: each["Value"] for each in pool.get("Tags", ())})
            most[pool_id] = rule["max_provisions_per_day"] if rule else 0
            for what, cap in most.items():
                count = len(made[day, what])
                yield 4, f"{count} refills of {what} on {day}, where {cap} are allowed" if count > cap else ""


def available_percent(pool: dict[str, Any]) -> float:
    """Say how much of a pool nobody has allocated."""
    counted = [ip_network(each["Cidr"]) for each in pool["Cidrs"] if each["State"] == "provisioned"]
    size = sum(each.num_addresses for each in counted)
    blocks = [ip_network(each["Cidr"]) for each in pool["Allocations"]]
    used = sum(each.num_addresses for each in blocks if any(each.network_address in cidr for cidr in counted))
    return 100 * (size - used) / size if size else 100
