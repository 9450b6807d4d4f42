from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudwatch.alarms import AlarmState, Transition, evaluate, initial_state
from simulator.cloudwatch.metrics import MetricStore
from tests.simulator.cloudwatch.samples import NOON, cpu_alarm, publish_series, query_alarm, stat, without

if TYPE_CHECKING:
    from simulator.cloudwatch.judgement import StateValue

INSTANCE = {"InstanceId": "i-12345678901234567"}


def cpu(*values: tuple[float, float]) -> MetricStore:
    """CPUUtilization of the instance: seconds before noon, value."""
    store = MetricStore()
    for age, value in values:
        store.put("AWS/EC2", "CPUUtilization", INSTANCE, NOON - age, value)
    return store


def evaluated(
    definition: dict[str, Any], store: MetricStore, *, now: float = NOON, previous: AlarmState | None = None
) -> tuple[AlarmState, tuple[Transition, ...]]:
    return evaluate(definition, previous or initial_state(NOON - 3_600), store, now)


def value(definition: dict[str, Any], store: MetricStore, **how: Any) -> str:
    return evaluated(definition, store, **how)[0].value


def test_a_new_alarm_has_insufficient_data_until_it_is_evaluated() -> None:
    state = initial_state(NOON)
    assert (state.value, state.reason) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")


def test_a_breach_is_one_transition_with_the_reason_and_data_that_cloudwatch_writes() -> None:
    state, transitions = evaluated(cpu_alarm(), cpu((301, 1.0), (240, 99.0), (60, 100.0)), now=NOON + 0.25)
    assert state.value == "ALARM"
    assert state.updated == NOON + 0.25
    assert state.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (23/09/26 11:55:00)] was greater than "
        "the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert json.loads(state.reason_data or "") == {
        "version": "1.0",
        "queryDate": "2026-09-23T12:00:00.250+0000",
        "startDate": "2026-09-23T11:55:00.000+0000",
        "statistic": "Average",
        "period": 300,
        "recentDatapoints": [99.5],
        "threshold": 50.0,
        "evaluatedDatapoints": [{"timestamp": "2026-09-23T11:55:00.000+0000", "sampleCount": 2, "value": 99.5}],
    }
    assert [(change.previous.value, change.current.value) for change in transitions] == [("INSUFFICIENT_DATA", "ALARM")]
    assert transitions[0].contributor is None


def test_a_recovery_says_that_the_threshold_was_not_crossed() -> None:
    alarm, _ = evaluated(cpu_alarm(), cpu((60, 99.0)))
    state, _ = evaluated(cpu_alarm(), cpu((60, 10.0)), previous=alarm)
    assert state.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [10.0 (23/09/26 11:55:00)] was not greater than "
        "the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )


def test_the_datapoints_of_a_reason_are_listed_from_new_to_old_and_recent_ones_from_old_to_new() -> None:
    definition = cpu_alarm(EvaluationPeriods=3, DatapointsToAlarm=2, Period=60)
    state, _ = evaluated(definition, cpu((180, 70.0), (120, 10.0), (60, 80.0)))
    assert state.reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints [80.0 (23/09/26 11:59:00), "
        "70.0 (23/09/26 11:57:00)] were greater than the threshold (50.0) "
        "(minimum 2 datapoints for OK -> ALARM transition)."
    )
    assert json.loads(state.reason_data or "")["recentDatapoints"] == [70.0, 10.0, 80.0]


def test_no_more_datapoints_are_listed_as_evaluated_than_the_transition_needs() -> None:
    definition = cpu_alarm(EvaluationPeriods=3, DatapointsToAlarm=2, Period=60)
    state, _ = evaluated(definition, cpu((180, 70.0), (120, 75.0), (60, 80.0)))
    found = json.loads(state.reason_data or "")["evaluatedDatapoints"]
    assert [datapoint["value"] for datapoint in found] == [80.0, 75.0]


def test_a_reason_is_never_longer_than_cloudwatch_stores() -> None:
    definition = cpu_alarm(EvaluationPeriods=100, DatapointsToAlarm=100, Period=60)
    state, _ = evaluated(definition, cpu(*((60 * age, 99.0) for age in range(1, 103))))
    assert len(state.reason) == 1_023
    assert state.reason.startswith("Threshold Crossed: 100 out of the last 100 datapoints [99.0")


def test_without_datapoints_to_alarm_the_reason_is_shorter() -> None:
    state, _ = evaluated(without(cpu_alarm(), "DatapointsToAlarm"), cpu((60, 99.0)))
    assert state.reason == (
        "Threshold Crossed: 1 datapoint [99.0 (23/09/26 11:55:00)] was greater than the threshold (50.0)."
    )


FILLED = "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as"


@pytest.mark.parametrize(
    ("treatment", "before", "after", "reason"),
    [
        ("notBreaching", "ALARM", "OK", f"{FILLED} [NonBreaching]."),
        ("breaching", "OK", "ALARM", f"{FILLED} [Breaching]."),
        ("missing", "OK", "INSUFFICIENT_DATA", "Insufficient Data: 1 datapoint was unknown."),
    ],
)
def test_silence_is_explained_by_how_missing_data_is_treated(
    treatment: str, before: StateValue, after: StateValue, reason: str
) -> None:
    previous = AlarmState(value=before, reason="", updated=0)
    state, _ = evaluated(cpu_alarm(TreatMissingData=treatment), MetricStore(), previous=previous)
    assert (state.value, state.reason) == (after, reason)


def test_ignored_silence_keeps_the_state_and_its_reason() -> None:
    previous = AlarmState(value="ALARM", reason="it was hot", updated=1.0)
    assert evaluated(cpu_alarm(TreatMissingData="ignore"), MetricStore(), previous=previous) == (previous, ())


def test_missing_data_of_dynamodb_is_ignored_unless_the_alarm_says_otherwise() -> None:
    previous = AlarmState(value="ALARM", reason="", updated=0)
    definition = cpu_alarm(Namespace="AWS/DynamoDB", MetricName="ThrottledRequests")
    assert value(definition, MetricStore(), previous=previous) == "ALARM"
    assert value({**definition, "TreatMissingData": "missing"}, MetricStore(), previous=previous) == (
        "INSUFFICIENT_DATA"
    )


def test_an_evaluation_that_changes_nothing_leaves_the_very_same_state() -> None:
    store = cpu((60, 99.0))
    state, _ = evaluated(cpu_alarm(), store)
    assert evaluated(cpu_alarm(), store, now=NOON + 30, previous=state) == (state, ())


def test_only_the_metric_with_exactly_these_dimensions_counts() -> None:
    store = MetricStore()
    for dimensions in ({}, {"InstanceId": "i-other"}, {**INSTANCE, "ImageId": "ami-1"}):
        store.put("AWS/EC2", "CPUUtilization", dimensions, NOON - 60, 99.0)
    assert value(cpu_alarm(), store) == "INSUFFICIENT_DATA"


def test_an_alarm_with_a_unit_sees_data_in_that_unit_only_and_says_so() -> None:
    store = cpu((60, 99.0))
    store.put("AWS/EC2", "CPUUtilization", INSTANCE, NOON - 60, 1.0, "Percent")
    state, _ = evaluated(cpu_alarm(Unit="Percent"), store)
    assert state.value == "OK"
    assert json.loads(state.reason_data or "")["unit"] == "Percent"


def test_the_period_under_way_does_not_count_and_periods_slide_with_every_minute() -> None:
    store = cpu((0, 99.0))
    assert value(cpu_alarm(), store, now=NOON + 59) == "INSUFFICIENT_DATA"
    state, _ = evaluated(cpu_alarm(), store, now=NOON + 60)
    assert "(23/09/26 11:56:00)" in state.reason


@pytest.mark.parametrize(
    ("period", "periods", "visible_after"), [(10, 1, 10), (60, 1, 60), (21_600, 4, 60), (21_600, 5, 3_600)]
)
def test_how_soon_a_datapoint_counts_depends_on_the_period_and_the_window(
    period: int, periods: int, visible_after: int
) -> None:
    definition = cpu_alarm(Period=period, EvaluationPeriods=periods, DatapointsToAlarm=1)
    store = cpu((0, 99.0))
    assert value(definition, store, now=NOON + visible_after - 1) == "INSUFFICIENT_DATA"
    assert value(definition, store, now=NOON + visible_after) == "ALARM"


def test_older_data_stands_in_for_missing_newer_data_within_two_further_periods() -> None:
    definition = cpu_alarm(Period=60)
    assert value(definition, cpu((180, 99.0))) == "ALARM"
    assert value(definition, cpu((181, 99.0))) == "INSUFFICIENT_DATA"


def test_a_percentile_can_be_the_statistic() -> None:
    definition = {**without(cpu_alarm(), "Statistic"), "ExtendedStatistic": "p50"}
    assert value(definition, cpu((90, 10.0), (80, 60.0), (70, 70.0))) == "ALARM"
    assert value({**definition, "Statistic": "Average"}, cpu((90, 0.0), (80, 60.0), (70, 70.0))) == "ALARM"
    assert value(definition, cpu((90, 10.0), (80, 20.0), (70, 70.0))) == "OK"


def test_a_math_alarm_compares_the_expression_and_its_reason_data_names_no_statistic() -> None:
    store = MetricStore()
    publish_series(store, "Errors", NOON, [3])
    publish_series(store, "Requests", NOON, [12])
    rate = {"Id": "rate", "Expression": "100 * errors / requests", "ReturnData": True}
    definition = query_alarm(stat("errors", "Errors"), stat("requests", "Requests"), rate, Threshold=20.0)
    state, _ = evaluated(definition, store)
    assert state.value == "ALARM"
    data = json.loads(state.reason_data or "")
    assert data["recentDatapoints"] == [25.0]
    assert "statistic" not in data
    assert "sampleCount" not in data["evaluatedDatapoints"][0]


def test_expressions_may_build_on_each_other_in_any_order() -> None:
    store = MetricStore()
    publish_series(store, "Errors", NOON, [2])
    definition = query_alarm(
        {"Id": "twice", "Expression": "filled * 2", "ReturnData": True},
        {"Id": "filled", "Expression": "FILL(errors, 0)", "ReturnData": False},
        stat("errors", "Errors"),
        Threshold=3.0,
    )
    assert value(definition, store) == "ALARM"
    assert value(definition, MetricStore()) == "OK"


def test_an_alarm_on_one_aggregated_query_is_judged_like_a_metric() -> None:
    query = 'SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)'
    definition = query_alarm({"Id": "q1", "Expression": query, "Period": 60}, Threshold=50.0)
    state, transitions = evaluated(definition, cpu((60, 99.0)))
    assert (state.value, state.contributors, len(transitions)) == ("ALARM", {}, 1)
    wrong_schema = query.replace("InstanceId", "ImageId")
    assert value(query_alarm({"Id": "q1", "Expression": wrong_schema, "Period": 60}), cpu((60, 99.0))) == (
        "INSUFFICIENT_DATA"
    )


def test_a_query_sees_three_hours_of_data_and_no_more() -> None:
    query = {"Id": "q1", "Expression": "SELECT MAX(Load) FROM App", "Period": 3_600}
    definition = query_alarm(query, EvaluationPeriods=2)
    inside, outside = MetricStore(), MetricStore()
    inside.put("App", "Load", {}, NOON - 3 * 3_600, 1)
    outside.put("App", "Load", {}, NOON - 3 * 3_600 - 1, 1)
    assert value(definition, inside) == "ALARM"
    assert value(definition, outside) == "INSUFFICIENT_DATA"


series = st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=12)


@given(values=series, threshold=st.floats(0, 100), periods=st.integers(1, 5))
def test_evaluating_again_gives_the_same_answer(values: list[float | None], threshold: float, periods: int) -> None:
    store = MetricStore()
    publish_series(store, "Load", NOON, values)
    definition = query_alarm(stat("m1", "Load", returned=True), Threshold=threshold, EvaluationPeriods=periods)
    first = evaluated(definition, store)
    assert evaluated(definition, store) == first
    assert evaluated(definition, store, previous=first[0])[1] == ()


@given(
    breaching=st.floats(50.001, 1e6),
    periods=st.integers(1, 10),
    needed=st.integers(1, 10),
    treatment=st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
)
def test_a_constant_breaching_series_always_alarms(breaching: float, periods: int, needed: int, treatment: str) -> None:
    store = MetricStore()
    publish_series(store, "Load", NOON, [breaching] * (periods + 2))
    definition = query_alarm(
        stat("m1", "Load", returned=True),
        Threshold=50.0,
        EvaluationPeriods=periods,
        DatapointsToAlarm=min(needed, periods),
        TreatMissingData=treatment,
    )
    assert value(definition, store) == "ALARM"


@given(values=series, periods=st.integers(1, 5))
def test_a_transition_is_reported_exactly_when_the_value_changes(values: list[float | None], periods: int) -> None:
    definition = query_alarm(stat("m1", "Load", returned=True), Threshold=50.0, EvaluationPeriods=periods)
    store = MetricStore()
    publish_series(store, "Load", NOON, values)
    state = initial_state(0)
    for minute in range(len(values) + 4):
        before = state
        state, transitions = evaluate(definition, before, store, NOON - 60 * (len(values) - minute))
        changes = [(before, state)] if before.value != state.value else []
        assert [(change.previous, change.current) for change in transitions] == changes
