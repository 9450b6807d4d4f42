"""Payloads against the examples that AWS prints in "Alarm events and EventBridge"."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudwatch.actions import actions
from simulator.cloudwatch.alarms import AlarmState, ContributorState, State, Transition
from simulator.cloudwatch.payloads import alarm_arn, event_detail, event_detail_type, lambda_payload
from simulator.cloudwatch.sns_message import region_name, sns_message, sns_subject
from simulator.cloudwatch.timestamps import event_time
from tests.simulator.cloudwatch.samples import (
    FUNCTION,
    POOLS_QUERY,
    TOPIC,
    cpu_alarm,
    pools_alarm,
    query_alarm,
    stat,
    without,
)

ACCOUNT = {"account": "123456789012", "region": "us-east-1"}
CHANGED = 1_570_035_880.989
TOO_HIGH = Transition(
    previous=AlarmState(value="OK", reason="it was cool", reason_data='{"version":"1.0"}', updated=1_569_938_200.987),
    current=AlarmState(
        value="ALARM", reason="it is hot", reason_data='{"version":"1.0","period":300}', updated=CHANGED
    ),
)
LOW_POOL = ContributorState(
    value="ALARM", reason="it is low", updated=CHANGED, id="6d442278dba546f6", attributes={"PoolID": "ipam-pool-1"}
)
POOL_LOW = Transition(
    previous=ContributorState(value="OK", reason="", updated=0, id=LOW_POOL.id, attributes=LOW_POOL.attributes),
    current=LOW_POOL,
)


def test_times_have_milliseconds_and_an_offset_without_a_colon() -> None:
    assert event_time(1_570_035_880.985) == "2019-10-02T17:04:40.985+0000"
    assert event_time(1_570_035_880) == "2019-10-02T17:04:40.000+0000"


def test_the_event_of_an_alarm_on_one_metric() -> None:
    detail = event_detail(cpu_alarm(), TOO_HIGH)
    assert event_detail_type(TOO_HIGH) == "CloudWatch Alarm State Change"
    metric_id = detail["configuration"]["metrics"][0].pop("id")
    assert len(metric_id) == 36
    assert detail == {
        "alarmName": "ServerCpuTooHigh",
        "state": {
            "value": "ALARM",
            "reason": "it is hot",
            "reasonData": '{"version":"1.0","period":300}',
            "timestamp": "2019-10-02T17:04:40.989+0000",
        },
        "previousState": {
            "value": "OK",
            "reason": "it was cool",
            "reasonData": '{"version":"1.0"}',
            "timestamp": "2019-10-01T13:56:40.987+0000",
        },
        "configuration": {
            "description": "Goes into alarm when server CPU utilization is too high!",
            "metrics": [
                {
                    "metricStat": {
                        "metric": {
                            "namespace": "AWS/EC2",
                            "name": "CPUUtilization",
                            "dimensions": {"InstanceId": "i-12345678901234567"},
                        },
                        "period": 300,
                        "stat": "Average",
                    },
                    "returnData": True,
                }
            ],
        },
    }


def test_the_event_of_a_math_alarm_has_all_its_queries() -> None:
    total = {"Id": "e1", "Expression": "SUM(METRICS())", "Label": "Total Network Traffic"}
    detail = event_detail(query_alarm(total, stat("m1", "NetworkIn", Unit="Bytes")), TOO_HIGH)
    assert detail["configuration"] == {
        "metrics": [
            {"id": "e1", "expression": "SUM(METRICS())", "label": "Total Network Traffic", "returnData": True},
            {
                "id": "m1",
                "metricStat": {
                    "metric": {"namespace": "App", "name": "NetworkIn", "dimensions": {}},
                    "period": 60,
                    "stat": "Sum",
                    "unit": "Bytes",
                },
                "returnData": False,
            },
        ]
    }


def test_the_event_of_a_contributor_has_neither_previous_state_nor_reason_data() -> None:
    assert event_detail_type(POOL_LOW) == "CloudWatch Alarm Contributor State Change"
    assert event_detail(pools_alarm(), POOL_LOW) == {
        "alarmName": "pools-low",
        "alarmContributor": {"id": "6d442278dba546f6", "attributes": {"PoolID": "ipam-pool-1"}},
        "state": {"value": "ALARM", "reason": "it is low", "timestamp": "2019-10-02T17:04:40.989+0000"},
        "configuration": {"metrics": [{"id": "q1", "expression": POOLS_QUERY, "returnData": True, "period": 300}]},
    }


def test_partial_data_is_said_in_the_event() -> None:
    partial = AlarmState(value="OK", reason="", updated=0, evaluation_state="PARTIAL_DATA")
    detail = event_detail(pools_alarm(), Transition(previous=TOO_HIGH.previous, current=partial))
    assert detail["state"]["evaluationState"] == "PARTIAL_DATA"
    assert "evaluationState" not in detail["previousState"]


@pytest.mark.parametrize(("definition", "change"), [(cpu_alarm(), TOO_HIGH), (pools_alarm(), POOL_LOW)])
def test_a_function_gets_the_events_detail_in_an_envelope(definition: dict[str, Any], change: Transition) -> None:
    name = definition["AlarmName"]
    assert lambda_payload(definition, change, **ACCOUNT) == {
        "source": "aws.cloudwatch",
        "alarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}",
        "accountId": "123456789012",
        "time": "2019-10-02T17:04:40.989+0000",
        "region": "us-east-1",
        "alarmData": event_detail(definition, change),
    }


def test_the_message_to_a_topic_about_one_metric() -> None:
    definition = cpu_alarm(AlarmActions=[TOPIC], TreatMissingData="breaching")
    message = json.loads(sns_message(definition, TOO_HIGH, configured=1_569_938_200.5, **ACCOUNT))
    assert message == {
        "AlarmName": "ServerCpuTooHigh",
        "AlarmDescription": "Goes into alarm when server CPU utilization is too high!",
        "AWSAccountId": "123456789012",
        "AlarmConfigurationUpdatedTimestamp": "2019-10-01T13:56:40.500+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": "it is hot",
        "StateChangeTime": "2019-10-02T17:04:40.989+0000",
        "Region": "US East (N. Virginia)",
        "AlarmArn": alarm_arn(definition, **ACCOUNT),
        "OldStateValue": "OK",
        "OKActions": [],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/EC2",
            "StatisticType": "Statistic",
            "Statistic": "AVERAGE",
            "Unit": None,
            "Dimensions": [{"value": "i-12345678901234567", "name": "InstanceId"}],
            "Period": 300,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 50.0,
            "TreatMissingData": "breaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def test_the_message_to_a_topic_about_queries_lists_them() -> None:
    definition = query_alarm({"Id": "e1", "Expression": "m1 * 2", "ReturnData": True}, stat("m1", "Errors"))
    message = json.loads(sns_message(definition, TOO_HIGH, configured=0, **ACCOUNT))
    assert message["AlarmDescription"] is None
    assert message["Trigger"] == {
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0.0,
        "TreatMissingData": "",
        "EvaluateLowSampleCountPercentile": "",
        "Metrics": [
            {"Id": "e1", "Expression": "m1 * 2", "ReturnData": True},
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {"Namespace": "App", "MetricName": "Errors", "Dimensions": []},
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            },
        ],
    }


def test_the_message_about_a_contributor_names_it() -> None:
    message = json.loads(sns_message(pools_alarm(), POOL_LOW, configured=0, **ACCOUNT))
    assert message["AlarmContributorId"] == "6d442278dba546f6"
    assert message["AlarmContributorAttributes"] == {"PoolID": "ipam-pool-1"}
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")


def test_a_percentile_is_told_as_an_extended_statistic() -> None:
    definition = {**without(cpu_alarm(), "Statistic"), "ExtendedStatistic": "p99"}
    trigger = json.loads(sns_message(definition, TOO_HIGH, configured=0, **ACCOUNT))["Trigger"]
    assert (trigger["StatisticType"], trigger["Statistic"]) == ("ExtendedStatistic", "p99")


def test_members_that_were_not_given_may_be_there_as_nothing() -> None:
    bare = without(cpu_alarm(), "AlarmDescription", "DatapointsToAlarm")
    nothing = dict.fromkeys(
        ("DatapointsToAlarm", "ExtendedStatistic", "TreatMissingData", "Unit", "Metrics", "OKActions")
    )
    stored = {**bare, **nothing, "AlarmDescription": ""}
    assert event_detail(stored, TOO_HIGH) == event_detail(bare, TOO_HIGH)
    assert sns_message(stored, TOO_HIGH, configured=0, **ACCOUNT) == sns_message(
        bare, TOO_HIGH, configured=0, **ACCOUNT
    )
    assert actions(stored, TOO_HIGH) == ()


def test_the_subject_is_the_one_that_people_know() -> None:
    assert sns_subject(cpu_alarm(), TOO_HIGH, region="us-east-1") == (
        'ALARM: "ServerCpuTooHigh" in US East (N. Virginia)'
    )


def test_a_long_name_is_cut_in_the_subject() -> None:
    subject = sns_subject(cpu_alarm(AlarmName="n" * 255), TOO_HIGH, region="us-east-1")
    assert subject == 'ALARM: "' + "n" * 63 + '..." in US East (N. Virginia)'
    assert len(subject) == 100


def test_a_region_nobody_has_heard_of_goes_by_its_code() -> None:
    assert region_name("mars-north-1") == "mars-north-1"


@given(
    name=st.text(st.characters(min_codepoint=32), min_size=1, max_size=255),
    region=st.sampled_from(["us-east-1", "ap-southeast-2", "eu-central-2"]),
    state=st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA"]),
)
def test_no_subject_is_longer_than_sns_allows_or_anything_but_ascii(name: str, region: str, state: Any) -> None:
    change = Transition(previous=TOO_HIGH.previous, current=State(value=state, reason="", updated=0))
    subject = sns_subject(cpu_alarm(AlarmName=name), change, region=region)
    assert len(subject) <= 100
    assert subject.isascii()
    assert subject.startswith(f'{state}: "')
    assert subject.endswith(f'" in {region_name(region)}')


OPS_ITEM = "arn:aws:ssm:us-east-1:123456789012:opsitem:1"


def test_an_alarm_fires_the_actions_of_its_new_state() -> None:
    definition = cpu_alarm(AlarmActions=[TOPIC, FUNCTION], OKActions=[TOPIC])
    assert actions(definition, TOO_HIGH) == (TOPIC, FUNCTION)
    assert actions(definition, Transition(previous=TOO_HIGH.current, current=TOO_HIGH.previous)) == (TOPIC,)
    assert actions({**definition, "ActionsEnabled": False}, TOO_HIGH) == ()


def test_topics_and_functions_hear_of_contributors_and_not_of_the_alarm_that_has_them() -> None:
    definition = pools_alarm(AlarmActions=[TOPIC, OPS_ITEM, FUNCTION])
    assert actions(definition, POOL_LOW) == (TOPIC, FUNCTION)
    assert actions(definition, TOO_HIGH) == (OPS_ITEM,)
