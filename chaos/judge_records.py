"""Promises 5 to 8: every change is allowed, recorded, seen to its end, and can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chaos.history import (
    ACTION_OF,
    REMEDIATION_OF,
    REVERSALS,
    SETTLED_AFTER,
    Found,
    History,
    act,
    failed_at_aws,
    resource_of,
)
from chaos.judge_extensions import is_nearly_full
from chaos.judge_refills import available_percent
from chaos.log import PERSON, Call

SWITCH_LETS_CHANGE = "deployed"


class Records:
    """What the ledger and the log say of every change."""

    def __init__(self, history: History) -> None:
        self.history = history

    def examine(self) -> Found:
        """Hold each change to what allows it and to its record, and the end of the episode to what is left."""
        for call in self.history.changes:
            yield from self._in_force(call)
            yield from self._recorded(call)
            if call.operation == "ModifyIpPools":
                yield from self._moved(call)
        yield from self._reconciled()
        yield from self._told_failures()
        yield from self._nothing_left()
        yield from self._undone()

    def _in_force(self, call: Call) -> Found:
        run = self.history.log.runs[call.run]
        undoing = run.event.get("action") == "undo" or call.operation in REVERSALS
        record = act(call, resource_of(call))
        if undoing or (record is not None and "undo_of" in record["detail"]):
            return
        mode = self.history.final.settings[REMEDIATION_OF[call.operation]]["mode"]
        yield 5, f"{call.operation} was called in observe (call {call.number})" if mode == "observe" else ""
        if mode == "approve":
            asked = any(self.history.was_approved(each, before=call) for each in _asked_about(call, record))
            yield 5, "" if asked else f"{call.operation} was called though nobody approved it (call {call.number})"
        rejected = record is not None and any(_rejects(item, record) for item in call.ledger)
        yield 5, f"{call.operation} was called though somebody had rejected it (call {call.number})" if rejected else ""
        since = [each for each in self.history.of_run[call.run] if each.number < call.number]
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
        return changed and resource_of(each) != resource_of(call)

    def _recorded(self, call: Call) -> Found:
        record = act(call, resource_of(call))
        what = f"{call.operation} of {resource_of(call)} (call {call.number})"
        if record is None:
            yield 6, f"{what} is not in the ledger before it happens"
            return
        if "ClientToken" in call.parameters and self.history.was_repeated(call):
            return  # a rival's request, which AWS knows by its token: nothing happens
        begun = {"intended"}
        if self.history.log.runs[call.run].function == "operate":
            begun.add("pending")
        if "ClientToken" in call.parameters:
            begun.add("failed")  # as a rival found, who asked for the same by the same token
        yield 6, "" if record["outcome"] in begun else f"{what} is {record['outcome']} in the ledger before it happens"
        yield 6, "" if record["reason"] and record["detail"] else f"{what} is in the ledger without its reason"

    def _reconciled(self) -> Found:
        ended = {"done", "failed", "skipped", "blocked", "undone"}
        for item in self.history.final.ledger:
            if item["record"] != "act" or item["resource_id"] == self.history.final.bad:
                continue
            if datetime.fromisoformat(item["last_seen"]) > self.history.final.ended - SETTLED_AFTER:
                continue  # it is under way
            what = f"{item['action']} of {item['resource_id']} ({item['decision_id']})"
            yield 6, "" if item["outcome"] in ended else f"{what} is {item['outcome']} at the end"
        acts = {item["decision_id"]: item for item in self.history.final.ledger if item["record"] == "act"}
        for call in self.history.changes:
            before = act(call, resource_of(call))
            after = acts.get(before["decision_id"]) if before is not None else None
            if after is None or self._touched_since(call) or resource_of(call) == self.history.final.bad:
                continue
            held = after["outcome"] in {"done", "undone"} or failed_at_aws(call, self.history.final)
            why = f"{call.operation} of {resource_of(call)} happened (call {call.number}), and is {after['outcome']}"
            yield 6, "" if held else f"{why}, {after['reason']}, in the ledger"

    def _touched_since(self, call: Call) -> bool:
        """Say whether people changed the same resource themselves, or asked for something about it, since a call."""
        resource = resource_of(call)
        return any(
            each.caller in {PERSON, "operate"} and each.took_effect and resource in _named(each)
            for each in self.history.log.calls[call.number + 1 :]
        )

    def _moved(self, call: Call) -> Found:
        protected = call.seen.get("tags", {}).get("poolwarden:protect") == "true"
        look = [
            each
            for each in self.history.of_run[call.run]
            if each.operation == "DescribeTags" and each.number < call.number and each.answer is not None
        ]
        told = "poolwarden:protect" in str(look[-1].answer) if look else False
        what = f"{call.parameters['LoadBalancerArn']} was moved though it was protected (call {call.number})"
        yield 5, what if protected and told and _said_protected(look[-1], call) else ""

    def _told_failures(self) -> Found:
        """A run that records a failure ends as failed, that retries and the dead-letter queue do their work."""
        for run in self.history.log.runs:
            if run.function == "operate":
                continue
            wrote = any(
                each.operation == "UpdateItem"
                and each.took_effect
                and each.parameters.get("ExpressionAttributeValues", {}).get(":outcome") == {"S": "failed"}
                for each in self.history.of_run[run.number]
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
            for item in self.history.final.ledger
            if datetime.fromisoformat(item["last_seen"]) >= self.history.final.quiet_since
        }
        explained = {item["resource_id"] for item in self.history.final.ledger} | said
        for pool in self.history.final.pools:
            rule = self.history.rule({each["Key"]: each["Value"] for each in pool.get("Tags", ())})
            if rule is None or pool["IpamPoolId"] == self.history.final.bad:
                continue
            low = available_percent(pool) < rule["low_water_percent"]
            if low:
                yield 7, "" if pool["IpamPoolId"] in said else f"{pool['IpamPoolId']} is low, and nothing is said of it"
        for address in self.history.final.addresses:
            if not address.get("AssociationId") and not address.get("ServiceManaged"):
                silent = address["AllocationId"] not in explained
                yield 7, f"{address['AllocationId']} is idle, and nothing is said of it" if silent else ""
        for vpc in self.history.final.vpcs:
            full = is_nearly_full(vpc, self.history.final.settings["extend_vpcs"])
            if full and vpc["VpcId"] not in explained:
                yield 7, f"{vpc['VpcId']} is nearly full, and nothing is said of it"
        settings = self.history.final.settings["align_albs"]
        for found in self.history.final.load_balancers:
            alb = found["load_balancer"]
            off = alb.get("IpamPools", {}).get("Ipv4IpamPoolId") not in settings["pools"].values()
            excluded = settings["exclude_tags"].items() & found["tags"].items()
            if off and not excluded and alb["Scheme"] == "internet-facing":
                silent = alb["LoadBalancerArn"] not in explained
                yield 7, f"{alb['LoadBalancerArn']} is off its pool, and nothing is said of it" if silent else ""

    def _undone(self) -> Found:
        """What was undone was reversed by a call, and what people asked to undo has an end."""
        for item in self.history.final.ledger:
            if item["record"] != "act" or "undo_of" in item["detail"]:
                continue
            if item["action"] == "release_address" and item["outcome"] in {"done", "undone"}:
                lacks = {"public_ip", "pool", "tags"} - item["detail"]["before"].keys()
                yield 8, f"{item['decision_id']} does not keep {lacks}, which an undo needs" if lacks else ""
            if item["outcome"] != "undone":
                continue
            yield 8, "" if self._reversed(item) else f"{item['decision_id']} is undone, and nothing was reversed"
        for run in self.history.log.runs:
            if run.event.get("action") != "undo" or run.ended != "done":
                continue
            decision_id = run.event["decision_id"]
            acted = [
                item
                for item in self.history.final.ledger
                if item["decision_id"] == decision_id or item["detail"].get("undo_of") == decision_id
            ]
            over = any(item["outcome"] == "undone" or "undo_of" in item["detail"] for item in acted)
            over = over or not any("undo_asked" in item["detail"] for item in acted)
            yield 8, "" if over else f"the undo of {decision_id} came to no end"

    def _reversed(self, item: dict[str, Any]) -> bool:
        """Whether a call reversed what a ledger item did; people can be given an address that they did not ask for."""
        wanted = {
            "release_address": ("AllocateAddress", item["detail"].get("before", {}).get("public_ip")),
            "provision_cidr": ("DeprovisionIpamPoolCidr", item["detail"].get("result", {}).get("cidr")),
            "modify_ip_pools": ("ModifyIpPools", item["resource_id"]),
            "associate_cidr": (
                "DisassociateVpcCidrBlock",
                item["detail"].get("result", {}).get("association", "no association"),
            ),
        }[item["action"]]
        return any(
            call.operation == wanted[0]
            and call.caller in {"operate", PERSON}
            and wanted[1] in f"{call.parameters} {call.answer}"
            for call in self.history.log.calls
            if call.took_effect
        )


def _named(call: Call) -> str:
    """Give the text in which a call names its resource: what is disassociated has its VPC in the answer alone."""
    return f"{call.parameters} {call.answer}" if call.operation in ACTION_OF else str(call.parameters)


def _rejects(item: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether a ledger item says that somebody rejected a change before the run began that made it."""
    rejected = (item["outcome"], item["decision_id"]) == ("rejected", record["decision_id"])
    return rejected and bool(item["time"] < record["last_seen"])


def _asked_about(call: Call, record: dict[str, Any] | None) -> set[str]:
    """Give the decisions whose approval allows a change: its own, and one of the breaker's about many at once."""
    own = {record["decision_id"]} if record is not None else set()
    return own | {
        item["decision_id"]
        for item in call.ledger
        if item["reason"] == "breaker" and resource_of(call) in item["detail"].get("held", {})
    }


def _said_protected(look: Call, call: Call) -> bool:
    """Whether what the function read told it that a load balancer is protected."""
    return any(
        tag["Key"] == "poolwarden:protect" and tag.get("Value") == "true"
        for each in (look.answer or {}).get("TagDescriptions", ())
        if each["ResourceArn"] == call.parameters["LoadBalancerArn"]
        for tag in each["Tags"]
    )
