"""Promise 1, and the limits of promise 4: each release of an address."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chaos.history import Found, History, act

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.log import Call

EVIDENCE = ("DescribeAddressTransfers", "DescribeAddressesAttribute", "ListResourceRecordSets")
LONGEST_EVIDENCE = timedelta(minutes=5)
LONGEST_RUN = timedelta(minutes=15)


class Releases:
    """The releases of an episode."""

    def __init__(self, history: History) -> None:
        self.history = history

    def examine(self) -> Found:
        """Hold each release to what must be known of its address, and all of them to cap and breaker."""
        for call in self.history.changes:
            if call.operation == "ReleaseAddress":
                yield from self._released(call)
        yield from self._release_caps()

    def _released(self, call: Call) -> Found:
        allocation_id, run = call.parameters["AllocationId"], self.history.of_run[call.run]
        position = next(number for number, each in enumerate(run) if each is call)
        look = run[position - 1] if position else None
        if look is None or look.operation != "DescribeAddresses" or not look.seen.get("addresses"):
            yield 1, f"{allocation_id} was released without a look immediately before (call {call.number})"
            return
        (address,) = look.seen["addresses"]
        yield (
            1,
            self._kept(address, look.time) and f"{allocation_id} was released though {self._kept(address, look.time)}",
        )
        for operation in EVIDENCE:
            yield 1, self._without_evidence(look, address, operation)
        yield 1, self._too_early(look, call, address)
        yield 4, self._unanswered(call)

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

    def _without_evidence(self, look: Call, address: dict[str, Any], operation: str) -> str:
        """Say what lacks of a kind of evidence, or what it said; empty where it cleared the address.

        As old as it is at the look: what happens between that and the call nobody of ours can see.
        """
        since = look.time - LONGEST_EVIDENCE
        reads = [
            each for each in self.history.of_run[look.run] if each.operation == operation and each.answer is not None
        ]
        fresh = [each for each in reads if since <= each.time <= look.time]
        who = f"{address['AllocationId']} was released after a look (call {look.number})"
        if not any(not (each.answer or {}).get("NextToken") for each in fresh):
            return f"{who} without a reading of {operation} within {LONGEST_EVIDENCE}"
        named = [record for each in fresh for record in _records(each, address)]
        return f"{who} though {operation} names it" if named else ""

    def _too_early(self, look: Call, call: Call, address: dict[str, Any]) -> str:
        """Say how long an address was idle, as far as anybody of ours could see, if that is not its grace."""
        grace = timedelta(seconds=self.history.final.settings["release_eips"]["grace"])
        since = max(self._signs_of_use(look, call, address), default=None)
        if since is None:
            return f"{address['AllocationId']} was released, and nobody had ever seen it before"
        idle = call.time - since
        return "" if idle >= grace else f"{address['AllocationId']} was released when idle for {idle}, not {grace}"

    def _signs_of_use(self, look: Call, call: Call, address: dict[str, Any]) -> Iterator[datetime]:
        """When it was seen in use, was told to be, and was seen at all for the first time.

        What another run learns after the intent cannot be heeded any more.
        """
        allocation_id = address["AllocationId"]
        first = True
        heeded = self._over_before(call)
        for each in self.history.log.calls[: look.number]:
            if each.operation == "DescribeAddresses" and each.caller == "release_eips" and each.answer is not None:
                for found in each.answer["Addresses"]:
                    if found["AllocationId"] == allocation_id:
                        if first or (found.get("AssociationId") and each.run in {call.run, *heeded}):
                            yield each.time
                        first = False
        for number in heeded:
            run = self.history.log.runs[number]
            detail = run.event.get("detail", {})
            heard = run.function == "release_eips" and run.ended == "done" and bool(self.history.of_run[number])
            if heard and detail.get("eventName") == "AssociateAddress" and allocation_id in str(detail):
                yield datetime.fromisoformat(run.event["time"])

    def _over_before(self, call: Call) -> set[int]:
        """Give the runs whose last call came before the intent of a change: what they learnt was there to be heeded."""
        of_run = self.history.of_run
        intents = [each.number for each in of_run[call.run] if each.operation == "TransactWriteItems"]
        intent = max((number for number in intents if number < call.number), default=call.number)
        return {run.number for run in self.history.log.runs if all(each.number < intent for each in of_run[run.number])}

    def _release_caps(self) -> Found:
        settings = self.history.final.settings["release_eips"]
        by_period: dict[str, set[str]] = defaultdict(set)
        by_source: dict[str, list[Call]] = defaultdict(list)
        for call in self.history.changes:
            if call.operation != "ReleaseAddress":
                continue
            run = self.history.log.runs[call.run]
            record = act(call, call.parameters["AllocationId"])
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
            released = {call.parameters["AllocationId"] for call in calls}
            yield 4, self._past_breaker(source, released, calls[0])
            for number, call in {call.run: call for call in calls}.items():
                yield 4, self._past_breaker(f"run {number}", self._due(call), call)

    def _unanswered(self, call: Call) -> str:
        """Say that people were asked about a release with others, and had not answered; empty where it was not so.

        One approval is enough where they were asked several times. A run that was at it when they were asked need not
        know.
        """
        allocation_id, run = call.parameters["AllocationId"], self.history.log.runs[call.run]
        record = act(call, allocation_id)
        if record is None or run.function == "operate":
            return ""
        judged = datetime.fromisoformat(record["last_seen"])
        asked = [
            item
            for item in call.ledger
            if item["outcome"] == "proposed"
            and item["detail"].get("held", {}).get(allocation_id) == record["decision_id"]
        ]
        waiting = any(
            "announced" in item
            and datetime.fromisoformat(item["time"]) < judged - LONGEST_RUN
            and judged < datetime.fromisoformat(item["detail"]["expires"])
            for item in asked
        )
        approved = any(self.history.was_approved(item["decision_id"], before=call) for item in asked)
        if approved or not waiting:
            return ""
        return f"{allocation_id} was released though the breaker holds it for an answer (call {call.number})"

    def _due(self, release: Call) -> set[str]:
        """Give what a run released, and what it said that it would have released but for its cap."""
        of_run = self.history.of_run[release.run]
        released = {
            each.parameters["AllocationId"]
            for each in of_run
            if each.operation == "ReleaseAddress" and each.took_effect
        }
        capped = [str(each.parameters) for each in of_run if each.took_effect and "'run-cap'" in str(each.parameters)]
        return released | set(re.findall(r"eipalloc-\w+", " ".join(capped)))

    def _past_breaker(self, who: str, due: set[str], release: Call) -> str:
        """Say that so much was due as the breaker holds, without anybody's approval; empty where it was not."""
        breaker = self.history.final.settings["release_eips"]["breaker"]
        approved = str(
            [
                item
                for item in self.history.final.ledger
                if item["reason"] == "breaker" and self.history.was_approved(item["decision_id"], before=release)
            ]
        )
        due = due - set(re.findall(r"eipalloc-\w+", approved))
        listed = [
            each.answer["Addresses"]
            for each in self.history.of_run[release.run]
            if each.operation == "DescribeAddresses" and each.answer is not None and not each.parameters.get("Filters")
        ]
        total = len(listed[0]) if listed else 0
        tripped = len(due) >= breaker["at_least"] and len(due) >= breaker["share"] * total
        return f"{who} released of {len(due)} that were due of {total}, past the breaker" if tripped and total else ""


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
