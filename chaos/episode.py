"""One episode: an account, people, functions and whatever goes wrong, drawn from one seed; then judgement."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos import account, estate
from chaos.estate import HOUR, PERIODS
from chaos.functions import TRAIL_SECONDS, Functions
from chaos.hazards import KILLS, Hazards
from chaos.history import Final
from chaos.log import Log
from chaos.oracle import judge
from chaos.people import People
from chaos.sights import load_balancer, pools, vpcs
from chaos.tables import ledger_items
from chaos.wire import CHANGES, Wire, laid
from simulator.clock import CLOCK
from simulator.ipam.settings import change_settings

if TYPE_CHECKING:
    from chaos.log import Call

STEPS = (4, 8)
LULL_HOURS = 4
"""For so long people touch nothing but what is about to change: it becomes due while everything can still go wrong."""

SLOWNESS = 40.0
"""So much slower AWS is in some episodes: a run takes minutes, and what it has read gets old."""

QUIET_HOURS = 7
"""Longer than the longest grace, and what a warning and a late event add to it."""

MOST_HOURS_MORE = 5
"""For so long the quiet goes on where something changes in its last hour, as when a new day's caps begin."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an episode came to; everything is countable, so that results add up."""

    seed: int
    violations: tuple[str, ...]
    hazards: dict[str, int]
    events: dict[str, int]
    wakeups: dict[str, int]
    deeds: dict[str, int]
    changes: dict[str, int]
    checked: dict[str, int]
    kills: int
    calls: int
    digest: str


class Episode:
    """The episode of a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self.log = Log()
        rate = self.dice.choice([0.0, 0.005, 0.02, 0.05])
        self.hazards = Hazards(dice=self.dice, rate=rate, changing=rate and 0.3)
        self.functions = Functions(self.dice)
        self.clock_steps = 0

    def play(self) -> Result:
        """Play it, from an empty account to the judgement."""
        with account.fresh(self.seed), tempfile.TemporaryDirectory() as folder:
            built = estate.build(self.dice)
            self.estate = built
            self.people = People(self.dice, built)
            self.settings = estate.random_settings(self.dice, public_pool=built.public_pool)
            path = Path(folder, "settings.json")
            path.write_text(json.dumps(self.settings), encoding="utf-8")
            os.environ["POOLWARDEN_SETTINGS"] = str(path)
            importlib.import_module("lambdas.common.settings").load.cache_clear()
            wire = Wire(
                log=self.log,
                hazards=self.hazards,
                local=self.functions.local,
                meanwhile=self._meanwhile,
                on_trail=self.functions.on_trail,
            )
            self.functions.wire = wire
            with laid(wire):
                self._storm()
                self._lull()
                quiet_since = CLOCK.now()
                self._quiet()
                with wire.unseen():
                    final = self._final(quiet_since)
            return self._result(final)

    def _storm(self) -> None:
        """Let people, schedules, alarms and hazards do what they do, for hours or days."""
        self.functions.faults = self.dice.choice([0.0, 0.1, 0.4])
        change_settings(read_lag=self.dice.choice([0.0, 60.0, 300.0]))
        if self.dice.random() < 0.1:
            self.hazards.bad = self.dice.choice(self.estate.pools)
        if self.dice.random() < 0.2:
            self.hazards.slowness = SLOWNESS
        for _ in range(self.dice.randint(*STEPS)):
            for _ in range(self.dice.randint(0, 4)):
                self.people.act()
            self._operate()
            self._throw_switch()
            if self.dice.random() < 0.3:
                self.functions.alarm(self.dice.choice(self.estate.pools))
            self._pass(self._step(), skip=0.1)

    def _lull(self) -> None:
        """Let what is idle stay so, under the same hazards."""
        for _ in range(LULL_HOURS):
            self._operate()
            self._pass(HOUR, skip=0.1)

    def _step(self) -> float:
        """How many seconds pass: minutes as a rule, at times so many hours at once that nobody looked for long."""
        if self.dice.random() < 0.05:
            self.clock_steps += 1
            CLOCK.advance(self.dice.uniform(3, 40) * HOUR)
        return self.dice.uniform(300, 1.5 * HOUR)

    def _quiet(self) -> None:
        """Let nothing go wrong any more, and the schedules run to the end."""
        self.hazards.on = False
        self.functions.faults = 0.0
        self.functions.switch = "deployed"
        change_settings(read_lag=0.0)
        self.functions.redrive()
        self._pass(QUIET_HOURS * HOUR, skip=0.0)
        for _ in range(MOST_HOURS_MORE):
            if not self._changed_lately():
                return
            self._pass(HOUR, skip=0.0)

    def _changed_lately(self) -> bool:
        """Say whether a function changed something that the others have not had an hour to look at."""
        since = CLOCK.now() - timedelta(hours=1)
        return any(call.time > since and _changed_something(call) for call in reversed(self.log.calls))

    def _pass(self, seconds: float, *, skip: float) -> None:
        """Let time pass: schedules fire when they are due, and everything is delivered when it is due."""
        end = CLOCK.time() + seconds
        while CLOCK.time() < end:
            firing = {name: (CLOCK.time() // period + 1) * period for name, period in PERIODS.items()}
            moment = min([end, *firing.values(), *filter(None, [self.functions.next_due])])
            CLOCK.advance(max(0.0, moment - CLOCK.time()))
            for name, at in firing.items():
                if at <= CLOCK.time() and self.dice.random() >= skip:
                    self.functions.fire(name)
            self.functions.deliver_due()

    def _meanwhile(self, at_stake: str) -> None:
        """What happens between two calls of a function: people act, or another invocation runs at the same time.

        What people do is heard of at once, now and then: then the other invocation is the one that it wakes.
        """
        acts = self.dice.random() < 0.6
        if acts:
            self.people.act(at_stake)
        if not self._nested and (not acts or self.dice.random() < 0.5):
            self._nested = True
            try:
                self._run_rival(after=2 * TRAIL_SECONDS if acts else 0.0)
            finally:
                self._nested = False

    _nested = False

    def _run_rival(self, *, after: float) -> None:
        """Have another invocation run to its end: of what is due some seconds later, or of a schedule."""
        CLOCK.advance(after)
        if not self.functions.deliver_one():
            # More likely than not it is the same function: who wants the same are rivals.
            running = [self.log.runs[-1].function] * len(PERIODS)
            self.functions.fire(self.dice.choice([*PERIODS, *(each for each in running if each in PERIODS)]))
            CLOCK.advance(2)
            self.functions.deliver_one()

    def _operate(self) -> None:
        """Have somebody approve, reject or undo what the ledger shows them."""
        if self.dice.random() < 0.5:
            return
        items = sorted(ledger_items(), key=lambda item: (item["decision_id"], item["record"]))
        proposed = [item for item in items if item["outcome"] == "proposed"]
        done = [item for item in items if (item["record"], item["outcome"]) == ("act", "done")]
        if proposed and self.dice.random() < 0.7:
            action = self.dice.choice(["approve", "approve", "reject"])
            self.functions.ask(action, self.dice.choice(proposed)["decision_id"])
        elif done and self.dice.random() < 0.3:
            self.functions.ask("undo", self.dice.choice(done)["decision_id"])

    def _throw_switch(self) -> None:
        if self.dice.random() < 0.1:
            self.functions.switch = self.dice.choice(["deployed", "deployed", "observe", "missing", "enforce"])

    def _final(self, quiet_since: Any) -> Final:  # noqa: ANN401 - a datetime
        vpc_pool = self.estate.vpc_pool
        addresses = account.client("ec2").describe_addresses()["Addresses"]
        found = account.client("elbv2").describe_load_balancers()["LoadBalancers"]
        return Final(
            settings=self.settings,
            quiet_since=quiet_since,
            ended=CLOCK.now(),
            ledger=ledger_items(),
            pools=pools(),
            vpcs=[each for each in vpcs() if each["VpcId"] in self.estate.vpcs and self.hazards.bad != vpc_pool],
            addresses=addresses,
            load_balancers=[load_balancer(each["LoadBalancerArn"]) for each in found],
            bad=self.hazards.bad,
        )

    def _result(self, final: Final) -> Result:
        violations, checked = judge(self.log, final)
        made = Counter(f"{call.caller} {call.operation}" for call in self.log.calls if _changed_something(call))
        met = self.hazards.met
        return Result(
            seed=self.seed,
            violations=tuple(violations),
            hazards=dict(met),
            events={**self.functions.fates, "clock steps": self.clock_steps, "dead letters": len(self.functions.dead)},
            wakeups=dict(self.functions.woken),
            deeds=dict(self.people.did),
            changes=dict(made),
            checked={f"promise {number}": count for number, count in checked.items()},
            kills=sum(met[each] for each in KILLS),
            calls=len(self.log.calls),
            digest=self._digest(),
        )

    def _digest(self) -> str:
        """Sum up all that happened, so that two runs of a seed can be compared."""
        happened = [
            (f"{call.time:%FT%T.%f}", call.caller, call.operation, call.took_effect, call.run)
            for call in self.log.calls
        ]
        ended = [(run.function, run.ended) for run in self.log.runs]
        return hashlib.sha256(json.dumps([happened, ended]).encode()).hexdigest()[:16]


def _changed_something(call: Call) -> bool:
    """Say whether a function changed something of the user's with this call."""
    return call.run >= 0 and call.operation in CHANGES and call.took_effect
