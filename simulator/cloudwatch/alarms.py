"""The evaluation of an alarm: a definition, its state so far, the metrics and the time give the next state.

User guide, "Alarm evaluation" and "Create an alarm based on a Multi Time Series Metrics Insights query".
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulator.cloudwatch import reasons
from simulator.cloudwatch.definition import read
from simulator.cloudwatch.insights import TimeSeries
from simulator.cloudwatch.judgement import breaches, judge
from simulator.cloudwatch.reasons import Evidence
from simulator.cloudwatch.retrieval import evaluation_range, retrieve, sample_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.cloudwatch.definition import Alarm
    from simulator.cloudwatch.judgement import StateValue
    from simulator.cloudwatch.metrics import MetricStore
    from simulator.cloudwatch.retrieval import EvaluationRange, Retrieved


@dataclass(frozen=True, kw_only=True)
class State:
    """What CloudWatch says of an alarm or of one contributor; `updated` is when the value last changed."""

    value: StateValue
    reason: str
    updated: float
    reason_data: str | None = None


@dataclass(frozen=True, kw_only=True)
class ContributorState(State):
    """The state, OK or ALARM, of one time series of an alarm: its id is derived from its attributes."""

    id: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AlarmState(State):
    """The state of an alarm, with the state of each contributor (by id) that its query returned last.

    `evaluation_state` is PARTIAL_DATA while quotas leave data out of the evaluation.
    """

    contributors: Mapping[str, ContributorState] = field(default_factory=dict)
    evaluation_state: str | None = None


@dataclass(frozen=True, kw_only=True)
class Transition:
    """A change of the value of an alarm's state, or of one of its contributors'."""

    previous: State
    current: State

    @property
    def contributor(self) -> ContributorState | None:
        """The contributor that changed; None when the alarm itself did."""
        return self.current if isinstance(self.current, ContributorState) else None


def initial_state(created: float) -> AlarmState:
    """Make the state of an alarm that was just created."""
    return AlarmState(value="INSUFFICIENT_DATA", reason=reasons.INITIAL, updated=created)


def evaluate(
    definition: Mapping[str, Any], previous: AlarmState, store: MetricStore, now: float
) -> tuple[AlarmState, tuple[Transition, ...]]:
    """Evaluate an alarm at `now`: its next state, and what changed, contributors first and the alarm last.

    `definition` is what PutMetricAlarm takes, and `validate` accepts. The newest datapoints that count are
    those of the last full minute: see `evaluation_range`. Where no value changes there is no transition.
    """
    alarm = read(definition)
    over = evaluation_range(alarm, now)
    evaluation = _Evaluation(alarm, previous, store, over, retrieve(alarm, store, over), now)
    return evaluation.of_contributors() if alarm.by_contributor else evaluation.of_one_series()


def contributor_id(attributes: Mapping[str, str]) -> str:
    """Derive a contributor's id, 16 hexadecimal digits, from its attributes alone."""
    canonical = json.dumps(attributes, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Evaluation:
    alarm: Alarm
    previous: AlarmState
    store: MetricStore
    over: EvaluationRange
    retrieved: Retrieved
    now: float

    def of_one_series(self) -> tuple[AlarmState, tuple[Transition, ...]]:
        evidence = self._evidence(self.retrieved.series[0], self.previous.value)
        if evidence.value == self.previous.value:
            return replace(self.previous, contributors={}, evaluation_state=self._evaluation_state), ()
        counts = sample_counts(self.alarm, self.store, self.over)
        return self._changed(
            evidence.value,
            reasons.reason(evidence),
            reasons.reason_data(evidence, now=self.now, sample_counts=counts),
        )

    def of_contributors(self) -> tuple[AlarmState, tuple[Transition, ...]]:
        contributors, changes = self._contributors()
        in_alarm = sum(contributor.value == "ALARM" for contributor in contributors.values())
        if contributors:
            value: StateValue = "ALARM" if in_alarm else "OK"
            reason = reasons.contributors_reason(in_alarm=in_alarm, series=len(contributors))
        else:
            value = self._without_series()
            reason = reasons.no_series_reason(self.alarm)
        reason_data = reasons.contributors_reason_data(self.now)
        if value != self.previous.value:
            current, transitions = self._changed(value, reason, reason_data, contributors)
            return current, (*changes, *transitions)
        current = replace(self.previous, contributors=contributors, evaluation_state=self._evaluation_state)
        if reason != current.reason:
            current = replace(current, reason=reason, reason_data=reason_data)
        return current, tuple(changes)

    def _changed(
        self,
        value: StateValue,
        reason: str,
        reason_data: str,
        contributors: Mapping[str, ContributorState] | None = None,
    ) -> tuple[AlarmState, tuple[Transition, ...]]:
        current = AlarmState(
            value=value,
            reason=reason,
            reason_data=reason_data,
            updated=self.now,
            contributors=contributors or {},
            evaluation_state=self._evaluation_state,
        )
        return current, (Transition(previous=self.previous, current=current),)

    @property
    def _evaluation_state(self) -> str | None:
        return "PARTIAL_DATA" if self.retrieved.partial else None

    def _evidence(self, series: TimeSeries, current: StateValue) -> Evidence:
        alarm = self.alarm
        values = [(at, series.values.get(at)) for at in self.over.times]
        value = judge(
            [
                None if found is None else breaches(found, alarm.comparison_operator, alarm.threshold)
                for _, found in values
            ],
            evaluation_periods=alarm.evaluation_periods,
            datapoints_to_alarm=alarm.datapoints_to_alarm,
            treat_missing_data=alarm.treat_missing_data,
            current=current,
        )
        real = [(at, found) for at, found in values if found is not None]
        return Evidence(alarm, value, real[-alarm.evaluation_periods :])

    def _contributors(self) -> tuple[dict[str, ContributorState], list[Transition]]:
        """Judge every series on its own, in the query's order. One that is gone is OK, and forgotten."""
        known = self.previous.contributors
        judged = [self._judged(series) for series in self.retrieved.series]
        staying = sum(old.value == "ALARM" and evidence.value != "OK" for old, evidence in judged)
        free = reasons.MAX_CONTRIBUTORS_IN_ALARM - staying
        contributors = {}
        changes = []
        for old, evidence in judged:
            new = old
            if evidence.value == "ALARM" and old.value == "OK":
                new = self._next(old, evidence) if free > 0 else old
                free -= 1
            elif evidence.value == "OK" and old.value == "ALARM":
                new = self._next(old, evidence)
            contributors[new.id] = new
            if new is not old:
                changes.append(Transition(previous=old, current=new))
        for name, old in known.items():
            if name not in contributors and old.value == "ALARM":
                gone = replace(old, value="OK", reason=reasons.VANISHED, updated=self.now)
                changes.append(Transition(previous=old, current=gone))
        return contributors, changes

    def _judged(self, series: TimeSeries) -> tuple[ContributorState, Evidence]:
        """Judge one series; a contributor is never without data, so a new one begins as OK."""
        name = contributor_id(series.attributes)
        old = self.previous.contributors.get(name) or ContributorState(
            value="OK", reason=reasons.INITIAL, updated=self.now, id=name, attributes=series.attributes
        )
        return old, self._evidence(series, old.value)

    def _next(self, old: ContributorState, evidence: Evidence) -> ContributorState:
        reason = reasons.contributor_reason(evidence)
        return replace(old, value=evidence.value, reason=reason, updated=self.now)

    def _without_series(self) -> StateValue:
        """Judge a query that returns nothing at all by how missing data is to be treated."""
        nothing = TimeSeries({}, {})
        return self._evidence(nothing, self.previous.value).value
