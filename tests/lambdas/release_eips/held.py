"""An account in which so many addresses are due at once that all are held, and what people are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.common import consent, guards, ledger
from lambdas.common.consent import Answer
from lambdas.release_eips import breaker, clocks, operations, plan
from lambdas.release_eips.handler import begun
from tests.lambdas.release_eips.function import Function
from tests.lambdas.release_eips.test_plan import TARGET
from tests.lambdas.release_eips.world import View, World

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.ledger import Record

TRIPS = {"share": 0.5, "at_least": 3}


class Held:
    """An account in which so many addresses are due that all are held, and the question that people are asked."""

    def __init__(self, *, addresses: int = 3, **settings: Any) -> None:
        self.world = World()
        self.function = Function(self.world, breaker=TRIPS, **settings)
        for _ in range(addresses):
            self.world.allocate()
        self.function.hear()
        self.function.sweep()
        self.function.pass_time(periods=4)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """What people were asked about all of them, one after the other."""
        return [each for each in self.world.told if (each["reason"], each["action"]) == ("breaker", "none")]

    def question(self) -> Record:
        with self.function._in_force():
            found = ledger.read(self.asked[-1]["decision_id"], "proposed#breaker")
        assert found is not None
        return found

    def answer(self, answer: Answer) -> Record:
        """Answer a question as a person does; what the function for people does with it is another step."""
        question = self.question()
        if answer is not Answer.OPEN:
            with self.function._in_force():
                assert consent.decide(question.decision_id, answer, by={"actor": "jo"}, now=self.world.now)
        return question

    def carry_out(self, question: Record) -> None:
        self.world.views.append(View(id="person", heard=self.world.number, began=self.world.now))
        with self.function._in_force():
            operations.approve(question, now=self.world.now)

    def until(self, question: Record) -> datetime:
        """When a question expires."""
        with self.function._in_force():
            proposal = consent.proposal(question.decision_id)
        assert proposal is not None
        return proposal.until

    def answers(self, *decision_ids: str, now: datetime) -> tuple[dict[str, Answer], set[str]]:
        with self.function._in_force():
            return breaker.answers(begun(TARGET, now=now, seconds=600), decision_ids)

    def reject(self, allocation_id: str) -> None:
        """Reject the release of one address by itself."""
        (proposal,) = (
            each["decision_id"]
            for each in self.world.ledger()
            if (each["resource_id"], each["outcome"], each["reason"]) == (allocation_id, "proposed", "breaker")
        )
        with self.function._in_force():
            assert consent.decide(proposal, Answer.REJECTED, by={"actor": "jo"}, now=self.world.now)

    def whole(self) -> dict[str, Any]:
        """The record of the release of all of them."""
        (record,) = (each for each in self.world.ledger() if (each["record"], each["action"]) == ("act", "none"))
        return record

    def is_free(self) -> bool:
        """Say whether no run holds the lease of the whole."""
        with self.function._in_force():
            return not guards.leases(plan.REMEDIATION, [TARGET.name])[TARGET.name].decision_id

    def open_acts(self) -> list[dict[str, Any]]:
        return [each for each in self.world.ledger() if each["outcome"] == "intended"]

    def open_questions(self) -> frozenset[str]:
        """The ids of the questions that the next sweep looks for answers to."""
        with self.function._in_force():
            return clocks.read_beat(TARGET).summaries
