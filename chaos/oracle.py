"""The judge of an episode: promises 1 to 8 of the contract, by AWS's state, the log of calls and the ledger alone.

It knows nothing of how the functions work, and uses nothing of theirs.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from chaos.log import PERSON, Call, Log

Found = Iterator[tuple[int, str]]
"""What an examination yields: the number of a promise, and what breaks it; empty where it was held."""

EVIDENCE = ("DescribeAddressTransfers", "DescribeAddressesAttribute", "ListResourceRecordSets")
LONGEST_EVIDENCE = timedelta(minutes=5)
DISCOVERED_AFTER = timedelta(minutes=30)
"""IPAM may hear of a resource so much later than it came; lists lag behind besides."""

SETTLED_AFTER = timedelta(minutes=15)
"""What people changed less than this before may not have shown yet."""

REMEDIATION_OF = {
    "ProvisionIpamPoolCidr": "refill_pools",
    "ReleaseAddress": "release_eips",
    "ModifyIpPools": "align_albs",
    "DeprovisionIpamPoolCidr": "refill_pools",
    "AllocateAddress": "release_eips",
}
ACTION_OF = {
    "ProvisionIpamPoolCidr": "provision_cidr",
    "ReleaseAddress": "release_address",
    "ModifyIpPools": "modify_ip_pools",
    "DeprovisionIpamPoolCidr": "deprovision_cidr",
    "AllocateAddress": "allocate_address",
}
REVERSALS = ("DeprovisionIpamPoolCidr", "AllocateAddress")
SWITCH_LETS_CHANGE = "deployed"


@dataclass(frozen=True, kw_only=True)
class Final:
    """The end of an episode: AWS's state, the ledger, and the settings that were in force."""

    settings: dict[str, Any]
    quiet_since: datetime
    ended: datetime
    ledger: tuple[dict[str, Any], ...]
    pools: list[dict[str, Any]]
    addresses: list[dict[str, Any]]
    load_balancers: list[dict[str, Any]]
    bad: str


def judge(log: Log, final: Final) -> tuple[list[str], Counter[int]]:
    """Give what breaks a promise, each naming its number, and how often each promise was put to the test."""
    oracle = _Oracle(log, final)
    broken: list[str] = []
    checked: Counter[int] = Counter()
    for promise, what in oracle.examine():
        checked[promise] += 1
        if what:
            broken.append(f"promise {promise}: {what}")
    return list(dict.fromkeys(broken)), checked


class _Oracle:
    def __init__(self, log: Log, final: Final) -> None:
        self.log, self.final = log, final
        self.of_run: dict[int, list[Call]] = defaultdict(list)
        for call in log.calls:
            if call.run >= 0:
                self.of_run[call.run].append(call)
        # What reached AWS, heard of or not: a change that AWS refused changed nothing.
        self.changes = [
            call for call in log.calls if call.run >= 0 and call.took_effect and call.operation in ACTION_OF
        ]

    def examine(self) -> Found:
        for call in self.changes:
            yield from self._in_force(call)
            yield from self._recorded(call)
            match call.operation:
                case "ReleaseAddress":
                    yield from self._released(call)
                case "ProvisionIpamPoolCidr":
                    yield from self._free_space(call)
                    yield from self._needed_once(call)
                case "ModifyIpPools":
                    yield from self._moved(call)
        yield from self._refill_caps()
        yield from self._release_caps()
        yield from self._reconciled()
        yield from self._told_failures()
        yield from self._nothing_left()
        yield from self._undone()

    # Promise 1

    def _released(self, call: Call) -> Found:
        allocation_id, run = call.parameters["AllocationId"], self.of_run[call.run]
        position = next(number for number, each in enumerate(run) if each is call)
        look = run[position - 1] if position else None
        if look is not None and look.operation == "ReleaseAddress":  # the SDK asked a second time
            look = run[position - 2]
        if look is None or look.operation != "DescribeAddresses" or not look.seen.get("addresses"):
            yield 1, f"{allocation_id} was released without a look immediately before (call {call.number})"
            return
        (address,) = look.seen["addresses"]
        yield (
            1,
            self._kept(address, look.time) and f"{allocation_id} was released though {self._kept(address, look.time)}",
        )
        for operation in EVIDENCE:
            yield 1, self._without_evidence(call, address, operation)
        yield 1, self._too_early(call, address)

    def _kept(self, address: dict[str, Any], at: datetime) -> str:
        """Say what spoke for an address at a look; empty where nothing did."""
        tags = {each["Key"]: each["Value"] for each in address.get("Tags", ())}
        if address.get("AssociationId"):
            return "it was in use"
        if address.get("ServiceManaged"):
            return "a service manages it"
        if tags.get("poolwarden:protect") == "true" or tags.get("keep") == "true":
            return "it was protected"
        until = tags.get("poolwarden:keep-until", "")
        return f"it was to be kept until {until}" if until >= f"{at:%Y-%m-%d}" else ""

    def _without_evidence(self, call: Call, address: dict[str, Any], operation: str) -> str:
        """Say what lacks of a kind of evidence, or what it said; empty where it cleared the address."""
        since = call.time - LONGEST_EVIDENCE
        reads = [each for each in self.of_run[call.run] if each.operation == operation and each.answer is not None]
        fresh = [each for each in reads if since <= each.time <= call.time]
        who = f"{address['AllocationId']} was released (call {call.number})"
        if not any(not (each.answer or {}).get("NextToken") for each in fresh):
            return f"{who} without a reading of {operation} within {LONGEST_EVIDENCE}"
        named = [record for each in fresh for record in _records(each, address)]
        return f"{who} though {operation} names it" if named else ""

    def _too_early(self, call: Call, address: dict[str, Any]) -> str:
        """Say how long an address was idle, as far as anybody of ours could see, if that is not its grace."""
        grace = timedelta(seconds=self.final.settings["release_eips"]["grace"])
        since = max(self._signs_of_use(call, address), default=None)
        if since is None:
            return f"{address['AllocationId']} was released, and nobody had ever seen it before"
        idle = call.time - since
        return "" if idle >= grace else f"{address['AllocationId']} was released when idle for {idle}, not {grace}"

    def _signs_of_use(self, call: Call, address: dict[str, Any]) -> Iterator[datetime]:
        """When it was seen in use, last it was told to be, and first it was seen at all."""
        allocation_id = address["AllocationId"]
        first = True
        for each in self.log.calls[: call.number]:
            if each.operation == "DescribeAddresses" and each.caller == "release_eips" and each.answer is not None:
                for found in each.answer["Addresses"]:
                    if found["AllocationId"] == allocation_id:
                        if first or found.get("AssociationId"):
                            yield each.time
                        first = False
        for run in self.log.runs:
            detail = run.event.get("detail", {})
            heard = run.function == "release_eips" and run.ended == "done" and run.number < call.run
            if heard and detail.get("eventName") == "AssociateAddress" and allocation_id in str(detail):
                yield datetime.fromisoformat(run.event["time"])

    # Promise 2

    def _free_space(self, call: Call) -> Found:
        if "Cidr" not in call.parameters:
            return
        block = ip_network(call.parameters["Cidr"])
        pools = {each["IpamPoolId"]: each for each in call.seen["pools"]}
        pool = pools[call.parameters["IpamPoolId"]]
        if any(each.number < call.number and each.parameters == call.parameters for each in self.changes):
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
        fresh = self._vpcs_since(call.time - DISCOVERED_AFTER, call)
        taken += (
            []
            if source
            else [
                each["ResourceCidr"]
                for each in call.seen["resources"]
                if each.get("VpcId", each["ResourceId"]) not in fresh
            ]
        )
        overlapping = [each for each in taken if block.overlaps(ip_network(each))]
        yield 2, f"{block} was asked for, which overlaps {overlapping} (call {call.number})" if overlapping else ""

    def _vpcs_since(self, since: datetime, call: Call) -> set[str]:
        made = [each for each in self.log.calls[: call.number] if each.operation == "CreateVpc" and each.time >= since]
        return {each.answer["Vpc"]["VpcId"] for each in made if each.answer}

    # Promise 3

    def _needed_once(self, call: Call) -> Found:
        pool_id, token = call.parameters["IpamPoolId"], call.parameters.get("ClientToken")
        (pool,) = [each for each in call.seen["pools"] if each["IpamPoolId"] == pool_id]
        before = [
            each
            for each in self.changes
            if each.number < call.number
            and (each.operation, each.parameters.get("IpamPoolId")) == (call.operation, pool_id)
            and each.parameters.get("ClientToken") != token
        ]
        asked = {each.parameters.get("Cidr") for each in before}
        flying = [
            each["Cidr"]
            for each in pool["Cidrs"]
            if each["State"] == "pending-provision" and each.get("Cidr") in asked and each.get("Cidr") is not None
        ]
        yield 3, f"{pool_id} was refilled while {flying} was in flight (call {call.number})" if flying else ""
        once = {
            each.parameters.get("Cidr")
            for each in self.changes
            if each.operation == call.operation and each.parameters.get("ClientToken") == token
        }
        yield 3, f"one decision asked for {sorted(map(str, once))} for {pool_id}" if len(once) > 1 else ""
        record = _act(call, pool_id)
        again = any(each.parameters.get("ClientToken") == token and each.number < call.number for each in self.changes)
        if record is not None and record["reason"] == "low-water" and not again:
            yield 3, self._unneeded(call, pool)

    def _unneeded(self, call: Call, pool: dict[str, Any]) -> str:
        """Say that a pool had what its rule asks, and nobody had changed it shortly before; empty where it had not."""
        tags = {each["Key"]: each["Value"] for each in pool.get("Tags", ())}
        rule = self._rule(tags)
        if rule is None:
            return f"{pool['IpamPoolId']} was refilled though no rule governs it"
        share = _available_percent(pool)
        recently = any(
            each.caller == PERSON
            and each.took_effect
            and call.time - SETTLED_AFTER <= each.time
            and pool["IpamPoolId"] in str(each.parameters)
            for each in self.log.calls[: call.number]
        )
        if share < rule["target_percent"] or recently:
            return ""
        return f"{pool['IpamPoolId']} was refilled with {share:.0f} % of it available (call {call.number})"

    def _rule(self, tags: dict[str, str]) -> dict[str, Any] | None:
        rules = self.final.settings["refill_pools"]["rules"]
        return next((rule for rule in rules if rule["match"]["tags"].items() <= tags.items()), None)

    # Promise 4

    def _refill_caps(self) -> Found:
        settings = self.final.settings["refill_pools"]
        made: dict[tuple[str, str], set[str]] = defaultdict(set)
        for call in self.changes:
            if call.operation != "ProvisionIpamPoolCidr":
                continue
            pool_id = call.parameters["IpamPoolId"]
            record = _act(call, pool_id)
            if record is None:
                continue
            (pool,) = [each for each in call.seen["pools"] if each["IpamPoolId"] == pool_id]
            day = record["last_seen"][:10]
            for what in ("all", pool_id):
                made[day, what].add(str(call.parameters.get("ClientToken")))
            most = {"all": settings["max_provisions_per_day"]}
            rule = self._rule({each["Key"]: each["Value"] for each in pool.get("Tags", ())})
            most[pool_id] = rule["max_provisions_per_day"] if rule else 0
            for what, cap in most.items():
                count = len(made[day, what])
                yield 4, f"{count} refills of {what} on {day}, where {cap} are allowed" if count > cap else ""

    def _release_caps(self) -> Found:
        settings = self.final.settings["release_eips"]
        by_period: dict[str, set[str]] = defaultdict(set)
        by_source: dict[str, list[Call]] = defaultdict(list)
        for call in self.changes:
            if call.operation != "ReleaseAddress":
                continue
            run = self.log.runs[call.run]
            record = _act(call, call.parameters["AllocationId"])
            if record is None:
                continue
            period = f"{datetime.fromisoformat(record['last_seen']).timestamp() // settings['sweep_period']:.0f}"
            if run.function == "operate":
                period = f"approval {run.source}"
            by_period[period].add(call.parameters["AllocationId"])
            if run.function != "operate":
                by_source[run.source].append(call)
            count, cap = len(by_period[period]), settings["max_releases_per_run"]
            yield 4, f"{count} releases in the period {period}, where {cap} are allowed" if count > cap else ""
        for source, calls in by_source.items():
            yield 4, self._past_breaker(source, calls)

    def _past_breaker(self, source: str, calls: list[Call]) -> str:
        """Say that a run released as many as the breaker holds, without anybody's approval; empty where it did not."""
        breaker = self.final.settings["release_eips"]["breaker"]
        approved = str([item for item in self.final.ledger if item["reason"] == "breaker" and self._was_approved(item)])
        released = {call.parameters["AllocationId"] for call in calls} - set(re.findall(r"eipalloc-\w+", approved))
        listed = [
            each.answer["Addresses"]
            for each in self.of_run[calls[0].run]
            if each.operation == "DescribeAddresses" and each.answer is not None and not each.parameters.get("Filters")
        ]
        total = len(listed[0]) if listed else 0
        tripped = len(released) >= breaker["at_least"] and len(released) >= breaker["share"] * total
        return f"{source} released {len(released)} of {total} at once, past the breaker" if tripped and total else ""

    def _was_approved(self, item: dict[str, Any]) -> bool:
        return any(
            run.event.get("action") == "approve" and run.event.get("decision_id") == item["decision_id"]
            for run in self.log.runs
        )

    # Promises 5 and 6

    def _in_force(self, call: Call) -> Found:
        run = self.log.runs[call.run]
        undoing = run.event.get("action") == "undo" or call.operation in REVERSALS
        record = _act(call, _resource_of(call))
        if undoing or (record is not None and "undo_of" in record["detail"]):
            return
        mode = self.final.settings[REMEDIATION_OF[call.operation]]["mode"]
        yield 5, f"{call.operation} was called in observe (call {call.number})" if mode == "observe" else ""
        if mode == "approve":
            asked = any(each.event.get("action") == "approve" for each in self.log.runs[: call.run + 1])
            yield 5, "" if asked else f"{call.operation} was called though nobody approved it (call {call.number})"
        since = [each for each in self.of_run[call.run] if each.number < call.number]
        others = [number for number, each in enumerate(since) if self._is_change_of_another(each, call)]
        read = since[max(others, default=-1) + 1 :]
        values = [
            each.answer["Parameter"]["Value"] for each in read if each.operation == "GetParameter" and each.answer
        ]
        lets = bool(values) and values[-1] == SWITCH_LETS_CHANGE
        yield 5, "" if lets else f"{call.operation} was called by a switch that says {values} (call {call.number})"

    @staticmethod
    def _is_change_of_another(each: Call, call: Call) -> bool:
        changed = each.took_effect and each.operation in ACTION_OF
        return changed and _resource_of(each) != _resource_of(call)

    def _recorded(self, call: Call) -> Found:
        record = _act(call, _resource_of(call))
        what = f"{call.operation} of {_resource_of(call)} (call {call.number})"
        if record is None:
            yield 6, f"{what} is not in the ledger before it happens"
            return
        begun = {"intended", "pending"} if self.log.runs[call.run].function == "operate" else {"intended"}
        yield 6, "" if record["outcome"] in begun else f"{what} is {record['outcome']} in the ledger before it happens"
        yield 6, "" if record["reason"] and record["detail"] else f"{what} is in the ledger without its reason"

    def _reconciled(self) -> Found:
        ended = {"done", "failed", "skipped", "blocked", "undone"}
        for item in self.final.ledger:
            if item["record"] != "act" or item["resource_id"] == self.final.bad:
                continue
            what = f"{item['action']} of {item['resource_id']} ({item['decision_id']})"
            yield 6, "" if item["outcome"] in ended else f"{what} is {item['outcome']} at the end"
        acts = {item["decision_id"]: item for item in self.final.ledger if item["record"] == "act"}
        for call in self.changes:
            before = _act(call, _resource_of(call))
            after = acts.get(before["decision_id"]) if before is not None else None
            if after is None or self._touched_since(call) or _resource_of(call) == self.final.bad:
                continue
            held = after["outcome"] in {"done", "undone"} or _failed_at_aws(call, self.final)
            why = f"{call.operation} of {_resource_of(call)} happened (call {call.number}), and is {after['outcome']}"
            yield 6, "" if held else f"{why}, {after['reason']}, in the ledger"

    def _touched_since(self, call: Call) -> bool:
        """Say whether people changed the same resource themselves, or asked for something about it, since a call."""
        resource = _resource_of(call)
        return any(
            each.caller in {PERSON, "operate"} and each.took_effect and resource in str(each.parameters)
            for each in self.log.calls[call.number + 1 :]
        )

    # Promise 1, 5: load balancers

    def _moved(self, call: Call) -> Found:
        protected = call.seen.get("tags", {}).get("poolwarden:protect") == "true"
        look = [
            each
            for each in self.of_run[call.run]
            if each.operation == "DescribeTags" and each.number < call.number and each.answer is not None
        ]
        told = "poolwarden:protect" in str(look[-1].answer) if look else False
        undone = self.log.runs[call.run].function == "operate"
        what = f"{call.parameters['LoadBalancerArn']} was moved though it was protected (call {call.number})"
        yield 5, what if protected and told and not undone and _said_protected(look[-1], call) else ""

    # Promise 7

    def _told_failures(self) -> Found:
        """A run that records a failure ends as failed, that retries and the dead-letter queue do their work."""
        for run in self.log.runs:
            if run.function == "operate" or "Records" in run.event:
                continue
            wrote = any(
                each.operation == "UpdateItem"
                and each.took_effect
                and each.parameters.get("ExpressionAttributeValues", {}).get(":outcome") == {"S": "failed"}
                for each in self.of_run[run.number]
            )
            if wrote:
                yield (
                    7,
                    f"{run.function} recorded a failure and ended as done ({run.source})"
                    if run.ended == "done"
                    else "",
                )

    def _nothing_left(self) -> Found:
        """In the quiet all is seen to, or said why not: what is broken for good stops nothing else."""
        said = {
            item["resource_id"]
            for item in self.final.ledger
            if datetime.fromisoformat(item["last_seen"]) >= self.final.quiet_since
        }
        explained = {item["resource_id"] for item in self.final.ledger} | said
        for pool in self.final.pools:
            rule = self._rule({each["Key"]: each["Value"] for each in pool.get("Tags", ())})
            if rule is None or pool["IpamPoolId"] == self.final.bad:
                continue
            low = _available_percent(pool) < rule["low_water_percent"]
            if low:
                yield 7, "" if pool["IpamPoolId"] in said else f"{pool['IpamPoolId']} is low, and nothing is said of it"
        for address in self.final.addresses:
            if not address.get("AssociationId") and not address.get("ServiceManaged"):
                silent = address["AllocationId"] not in explained
                yield 7, f"{address['AllocationId']} is idle, and nothing is said of it" if silent else ""
        belongs = self.final.settings["align_albs"]["pools"]
        for found in self.final.load_balancers:
            alb = found["load_balancer"]
            off = alb.get("IpamPools", {}).get("Ipv4IpamPoolId") not in belongs.values()
            if off and alb["Scheme"] == "internet-facing":
                silent = alb["LoadBalancerArn"] not in explained
                yield 7, f"{alb['LoadBalancerArn']} is off its pool, and nothing is said of it" if silent else ""

    # Promise 8

    def _undone(self) -> Found:
        """What was undone was reversed by a call, and what people asked to undo has an end."""
        for item in self.final.ledger:
            if item["record"] != "act" or "undo_of" in item["detail"]:
                continue
            if item["action"] == "release_address" and item["outcome"] in {"done", "undone"}:
                lacks = {"public_ip", "pool", "tags"} - item["detail"]["before"].keys()
                yield 8, f"{item['decision_id']} does not keep {lacks}, which an undo needs" if lacks else ""
            if item["outcome"] != "undone":
                continue
            yield 8, "" if self._reversed(item) else f"{item['decision_id']} is undone, and nothing was reversed"
        for run in self.log.runs:
            if run.event.get("action") != "undo" or run.ended != "done":
                continue
            decision_id = run.event["decision_id"]
            acted = [
                item
                for item in self.final.ledger
                if item["decision_id"] == decision_id or item["detail"].get("undo_of") == decision_id
            ]
            over = any(item["outcome"] == "undone" or "undo_of" in item["detail"] for item in acted)
            over = over or not any("undo_asked" in item["detail"] for item in acted)
            yield 8, "" if over else f"the undo of {decision_id} came to no end"

    def _reversed(self, item: dict[str, Any]) -> bool:
        """Whether a call reversed what a ledger item did."""
        wanted = {
            "release_address": ("AllocateAddress", item["detail"].get("before", {}).get("public_ip")),
            "provision_cidr": ("DeprovisionIpamPoolCidr", item["detail"].get("result", {}).get("cidr")),
            "modify_ip_pools": ("ModifyIpPools", item["resource_id"]),
        }[item["action"]]
        return any(
            call.operation == wanted[0] and call.caller in {"operate", PERSON} and wanted[1] in str(call.parameters)
            for call in self.log.calls
            if call.took_effect
        )


def _act(call: Call, resource: str) -> dict[str, Any] | None:
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


def _resource_of(call: Call) -> str:
    asks_for_address = call.operation == "AllocateAddress"
    names = ["Address"] if asks_for_address else ["IpamPoolId", "AllocationId", "LoadBalancerArn"]
    return next((str(call.parameters[name]) for name in names if name in call.parameters), "")


def _records(read: Call, address: dict[str, Any]) -> Iterator[Any]:
    """Find what a reading of evidence says of an address."""
    answer = read.answer or {}
    for each in answer.get("AddressTransfers", ()):
        if each["AllocationId"] == address["AllocationId"] and each["AddressTransferStatus"] == "pending":
            yield each
    for each in answer.get("Addresses", ()):
        if each["AllocationId"] == address["AllocationId"] and (each.get("PtrRecord") or each.get("PtrRecordUpdate")):
            yield each
    for each in answer.get("ResourceRecordSets", ()):
        if any(value["Value"] == address["PublicIp"] for value in each.get("ResourceRecords", ())):
            yield each


def _available_percent(pool: dict[str, Any]) -> float:
    counted = [ip_network(each["Cidr"]) for each in pool["Cidrs"] if each["State"] == "provisioned"]
    size = sum(each.num_addresses for each in counted)
    blocks = [ip_network(each["Cidr"]) for each in pool["Allocations"]]
    used = sum(each.num_addresses for each in blocks if any(each.network_address in cidr for cidr in counted))
    return 100 * (1 - used / size) if size else 100


def _failed_at_aws(call: Call, final: Final) -> bool:
    """Whether AWS took a request for a CIDR and did not carry it out, or the CIDR is gone again."""
    if call.operation != "ProvisionIpamPoolCidr":
        return False
    cidrs = [
        each
        for pool in final.pools
        if pool["IpamPoolId"] == call.parameters["IpamPoolId"]
        for each in pool["Cidrs"]
        if each.get("Cidr") == call.parameters.get("Cidr")
    ]
    return not any(each["State"] == "provisioned" for each in cidrs)


def _said_protected(look: Call, call: Call) -> bool:
    """Whether what the function read told it that a load balancer is protected."""
    return any(
        tag["Key"] == "poolwarden:protect" and tag.get("Value") == "true"
        for each in (look.answer or {}).get("TagDescriptions", ())
        if each["ResourceArn"] == call.parameters["LoadBalancerArn"]
        for tag in each["Tags"]
    )
