from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudwatch.alarms import AlarmState, Transition, contributor_id, evaluate, initial_state
from simulator.cloudwatch.metrics import MetricStore
from tests.simulator.cloudwatch.samples import NOON, POOLS_QUERY, pools_alarm, publish_available

if TYPE_CHECKING:
    from collections.abc import Sequence

FIVE_MINUTES = 300.0


class Pools:
    """An alarm on all pools, evaluated after each publication of their metric."""

    def __init__(self, **changes: Any) -> None:
        self.definition = pools_alarm(**changes)
        self.store = MetricStore()
        self.now = NOON
        self.state = initial_state(NOON)

    def publish(self, **percent_by_pool: float) -> list[tuple[str, str, str]]:
        """Publish, evaluate, and tell who changed: a pool or `alarm`, from, to."""
        self.now += FIVE_MINUTES
        publish_available(self.store, self.now, **percent_by_pool)
        return changes(self.evaluate())

    def evaluate(self) -> tuple[Transition, ...]:
        self.state, transitions = evaluate(self.definition, self.state, self.store, self.now)
        return transitions


def changes(transitions: Sequence[Transition]) -> list[tuple[str, str, str]]:
    return [
        (
            change.contributor.attributes["PoolID"] if change.contributor else "alarm",
            change.previous.value,
            change.current.value,
        )
        for change in transitions
    ]


def test_three_pools_run_low_and_recover_one_after_the_other() -> None:
    pools = Pools()
    assert pools.publish(a=80, b=60, c=40) == [("alarm", "INSUFFICIENT_DATA", "OK")]
    assert pools.state.reason == "3 time series evaluated to OK"

    assert pools.publish(a=80, b=13, c=40) == [("b", "OK", "ALARM"), ("alarm", "OK", "ALARM")]
    assert pools.state.reason == "1 out of 3 time series evaluated to ALARM"
    since = pools.state.updated

    assert pools.publish(a=80, b=12, c=19.5) == [("c", "OK", "ALARM")]
    assert pools.state.reason == "2 out of 3 time series evaluated to ALARM"
    assert pools.state.updated == since

    assert pools.publish(a=80, b=12, c=19.5) == []

    assert pools.publish(a=80, b=45, c=19.5) == [("b", "ALARM", "OK")]
    assert pools.state.value == "ALARM"

    assert pools.publish(a=80, b=45, c=50) == [("c", "ALARM", "OK"), ("alarm", "ALARM", "OK")]
    assert pools.state.reason == "3 time series evaluated to OK"


def test_a_contributors_reason_names_its_newest_datapoint_and_has_no_data() -> None:
    pools = Pools()
    pools.publish(a=12.5)
    (contributor,) = pools.state.contributors.values()
    assert contributor.reason == (
        "Threshold Crossed: 1 datapoint was less than the threshold (20.0). "
        "The most recent datapoint which crossed the threshold: [12.5 (23/09/26 12:00:00)]."
    )
    assert contributor.reason_data is None
    assert json.loads(pools.state.reason_data or "") == {
        "version": "1.0",
        "queryDate": "2026-09-23T12:05:00.000+0000",
    }


def test_a_pool_that_did_not_exist_when_the_alarm_was_made_alarms_too() -> None:
    pools = Pools()
    pools.publish(a=80)
    assert pools.publish(a=80, newcomer=5) == [("newcomer", "OK", "ALARM"), ("alarm", "OK", "ALARM")]


def test_a_new_contributor_that_is_fine_is_no_transition() -> None:
    pools = Pools()
    pools.publish(a=80)
    assert pools.publish(a=80, newcomer=90) == []
    assert {contributor.value for contributor in pools.state.contributors.values()} == {"OK"}


@pytest.mark.parametrize("treatment", ["missing", "ignore", "breaching", "notBreaching"])
def test_a_pool_whose_metric_ends_is_ok_however_missing_data_is_treated(treatment: str) -> None:
    pools = Pools(TreatMissingData=treatment)
    pools.publish(a=80, deleted=5)
    pools.publish(a=80)
    pools.publish(a=80)
    transitions = (*pools.evaluate(), *_after_publishing(pools, a=80))
    gone = [change for change in transitions if change.contributor]
    assert changes(gone) == [("deleted", "ALARM", "OK")]
    assert gone[0].current.reason == "No data was returned for this contributor"
    assert (pools.state.value, len(pools.state.contributors)) == ("OK", 1)


def _after_publishing(pools: Pools, **percent_by_pool: float) -> tuple[Transition, ...]:
    pools.now += FIVE_MINUTES
    publish_available(pools.store, pools.now, **percent_by_pool)
    return pools.evaluate()


@pytest.mark.parametrize(
    ("treatment", "expected", "named"),
    [
        ("missing", "INSUFFICIENT_DATA", "Missing"),
        ("ignore", "ALARM", "Ignore"),
        ("breaching", "ALARM", "Breaching"),
        ("notBreaching", "OK", "NonBreaching"),
    ],
)
def test_a_query_that_finds_nothing_is_judged_by_how_missing_data_is_treated(
    treatment: str, expected: str, named: str
) -> None:
    pools = Pools(TreatMissingData=treatment)
    pools.publish(a=5)
    pools.now += 3_600
    gone = [change for change in pools.evaluate() if change.contributor]
    assert changes(gone) == [("a", "ALARM", "OK")]
    assert pools.state.value == expected
    assert pools.state.reason == (
        f"No time series were returned by the query. Treat missing data is configured as [{named}]."
    )


def test_a_schema_that_is_wrong_looks_healthy_for_ever() -> None:
    query = 'SELECT MIN(PercentAvailable) FROM SCHEMA("AWS/IPAM", PoolID) GROUP BY PoolID ORDER BY MIN() ASC'
    pools = Pools(query=query, TreatMissingData="notBreaching")
    assert pools.publish(a=1, b=2) == [("alarm", "INSUFFICIENT_DATA", "OK")]
    assert pools.state.contributors == {}


def test_gaps_within_a_series_are_filled_as_the_alarm_says_and_a_contributor_never_lacks_data() -> None:
    three = {"EvaluationPeriods": 3, "DatapointsToAlarm": 3}
    expected = {"missing": [], "ignore": [], "notBreaching": [], "breaching": [("a", "OK", "ALARM")]}
    for treatment, expected_changes in expected.items():
        pools = Pools(TreatMissingData=treatment, **three)
        found = pools.publish(a=5)
        assert [change for change in found if change[0] == "a"] == expected_changes
        assert {one.value for one in pools.state.contributors.values()} <= {"OK", "ALARM"}


def test_m_out_of_n_holds_for_each_contributor_and_is_told_in_its_reason() -> None:
    pools = Pools(EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    assert pools.publish(a=5, b=80) == [("alarm", "INSUFFICIENT_DATA", "OK")]
    assert pools.publish(a=80, b=80) == []
    assert pools.publish(a=6, b=5) == [("a", "OK", "ALARM"), ("alarm", "OK", "ALARM")]
    reason = pools.state.contributors[contributor_id({"PoolID": "a"})].reason
    assert reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints were less than the threshold (20.0). "
        "The most recent datapoint which crossed the threshold: [6.0 (23/09/26 12:10:00)] "
        "(minimum 2 datapoints for OK -> ALARM transition)."
    )


def test_metrics_without_the_dimension_are_one_contributor_named_other() -> None:
    pools = Pools()
    pools.store.put("AWS/IPAM", "PercentAvailable", {"ScopeID": "ipam-scope-1"}, NOON + 240, 3.0)
    assert pools.publish(a=80) == [("Other", "OK", "ALARM"), ("alarm", "INSUFFICIENT_DATA", "ALARM")]


def test_an_id_is_16_characters_and_depends_on_the_attributes_alone() -> None:
    assert contributor_id({"A": "1", "B": "2"}) == contributor_id({"B": "2", "A": "1"})
    assert contributor_id({"A": "1"}) != contributor_id({"A": "2"})
    assert len(contributor_id({"A": "1"})) == 16


def test_no_more_than_100_contributors_are_in_alarm_and_the_next_waits_for_a_place() -> None:
    pools = Pools()
    low = {f"p{index:03}": index / 10 for index in range(105)}
    assert len(pools.publish(**low)) == 101
    assert pools.state.reason == "100+ time series evaluated to ALARM"
    in_alarm = {one.attributes["PoolID"] for one in pools.state.contributors.values() if one.value == "ALARM"}
    assert in_alarm == set(list(low)[:100])

    assert pools.publish(**{**low, "p000": 90}) == [("p000", "ALARM", "OK"), ("p100", "OK", "ALARM")]
    assert pools.publish(**{**low, "p000": 0}) == []


def test_more_series_than_a_query_returns_is_said_as_partial_data() -> None:
    pools = Pools()
    pools.publish(**{f"p{index:03}": 50 + index / 100 for index in range(501)})
    assert (pools.state.evaluation_state, pools.state.reason) == (
        "PARTIAL_DATA",
        "500 time series evaluated to OK",
    )
    pools.now += 3_600
    pools.publish(a=50)
    assert pools.state.evaluation_state is None


def test_a_series_with_several_dimensions_has_them_all_as_attributes() -> None:
    query = POOLS_QUERY.replace("GROUP BY PoolID", 'GROUP BY PoolID, "Locale"')
    pools = Pools(query=query)
    pools.publish(a=5)
    (contributor,) = pools.state.contributors.values()
    assert contributor.attributes == {"PoolID": "a", "Locale": "us-east-1"}


percentages = st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=6)


@given(
    histories=st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), percentages, min_size=1),
    periods=st.integers(1, 3),
)
def test_contributors_are_independent(histories: dict[str, list[float | None]], periods: int) -> None:
    together = _transitions(histories, periods=periods)
    for pool, history in histories.items():
        alone = _transitions({pool: history}, periods=periods)
        assert [change for change in together if change[1] == pool] == [change for change in alone if change[1] == pool]


@given(histories=st.dictionaries(st.sampled_from(["a", "b", "c"]), percentages, min_size=1))
def test_the_alarm_is_in_alarm_exactly_while_a_contributor_is(
    histories: dict[str, list[float | None]],
) -> None:
    states: list[AlarmState] = []
    _transitions(histories, periods=1, states=states)
    for state in states:
        any_in_alarm = any(contributor.value == "ALARM" for contributor in state.contributors.values())
        assert (state.value == "ALARM") is any_in_alarm


def _transitions(
    histories: dict[str, list[float | None]], *, periods: int, states: list[AlarmState] | None = None
) -> list[tuple[int, str, str, str]]:
    """Play one publication after the other: step, pool or alarm, from, to."""
    pools = Pools(EvaluationPeriods=periods)
    found = []
    for step in range(max(len(history) for history in histories.values()) + periods + 3):
        now = {
            pool: percent
            for pool, history in histories.items()
            if step < len(history) and (percent := history[step]) is not None
        }
        found += [(step, *change) for change in pools.publish(**now)]
        if states is not None:
            states.append(pools.state)
    return found
