"""CloudWatch's alarms in the simulated account, from PutMetricData to the people who hear of them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.scenarios.simulated_account import ECHO, changes_of, runs_of, statement, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario

LASTING = 8
"""Minutes of data that outlast one settling of an account without longer alarms."""

QUICKLY = {"Delay": 0.1, "MaxAttempts": 100}

ALARMS = "lambda.alarms.cloudwatch.amazonaws.com"


def on_metric(name: str, **changes: Any) -> dict[str, Any]:
    """An alarm on the maximum of one metric over a minute: above 10 is bad."""
    definition = {"Namespace": "Test", "MetricName": name, "Period": 60, "Statistic": "Maximum"}
    return {**definition, "TreatMissingData": "ignore", **changes}


def by_pool(name: str, **changes: Any) -> dict[str, Any]:
    """An alarm with a contributor for each pool: below 20 is bad."""
    query = {
        "Id": "pools",
        "Expression": f'SELECT MIN("{name}") FROM "Test" GROUP BY PoolID ORDER BY MIN() ASC',  # noqa: S608 - no SQL
        "Period": 60,
        "ReturnData": True,
    }
    definition = {"Metrics": [query], "Threshold": 20, "ComparisonOperator": "LessThanThreshold"}
    return {**definition, "TreatMissingData": "ignore", **changes}


def described(account: Account, alarm: str) -> dict[str, Any]:
    (found,) = account.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return dict(found)


def contributors(account: Account, alarm: str) -> list[dict[str, str]]:
    """The attributes of the contributors in alarm."""
    answer = account.client("cloudwatch").describe_alarm_contributors(AlarmName=alarm)
    return [contributor["ContributorAttributes"] for contributor in answer["AlarmContributors"]]


def test_an_alarm_watches_the_metric_with_exactly_its_dimensions(account: Account) -> None:
    metric = unique("metric")
    alarm = account.alarm(**on_metric(metric, Dimensions=[{"Name": "Pool", "Value": "a"}]))
    account.put_metric("Test", metric, 99)
    account.put_metric("Test", metric, 99, Pool="b")
    account.put_metric("Test", metric, 99, Pool="a", Scope="x")
    assert changes_of(alarm, account.settle()) == []
    account.put_metric("Test", metric, 99, Pool="a")
    assert changes_of(alarm, account.settle()) == [("INSUFFICIENT_DATA", "ALARM")]
    account.put_metric("Test", metric, 1, Pool="a")
    assert changes_of(alarm, account.settle()) == [("ALARM", "OK")]


@pytest.mark.parametrize(
    ("treatment", "afterwards"),
    [("missing", "INSUFFICIENT_DATA"), ("notBreaching", "OK"), ("breaching", "ALARM"), ("ignore", "ALARM")],
)
def test_an_alarm_treats_missing_data_as_it_is_told(account: Account, treatment: str, afterwards: str) -> None:
    metric = unique("metric")
    alarm = account.alarm(**on_metric(metric, TreatMissingData=treatment))
    account.put_metric("Test", metric, 99)
    assert ("ALARM" in {after for _, after in changes_of(alarm, account.settle())}) or treatment == "breaching"
    assert described(account, alarm)["StateValue"] == afterwards


def test_an_alarm_needs_as_many_bad_datapoints_as_it_says(account: Account) -> None:
    metric = unique("metric")
    definition = on_metric(metric, EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    alarm = account.alarm(**definition)
    account.put_metric("Test", metric, 99)
    assert changes_of(alarm, account.settle()) == [("INSUFFICIENT_DATA", "OK")]
    now = datetime.fromisoformat(account.settle()["now"]).timestamp()
    data = [{"MetricName": metric, "Value": 99, "Timestamp": now - ago} for ago in (60, 120)]
    account.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=data)
    assert changes_of(alarm, account.settle()) == [("OK", "ALARM"), ("ALARM", "OK")]


def test_each_contributor_changes_by_itself_and_wakes_the_function_by_itself(account: Account) -> None:
    metric, function = unique("metric"), account.function(ECHO)
    alarm = account.alarm(**by_pool(metric, AlarmActions=[account.function_arn(function)]))
    arn = described(account, alarm)["AlarmArn"]
    account.permit(function, ALARMS, arn)
    for pool, percent in {"dry": 5, "low": 15, "fine": 80}.items():
        account.put_metric("Test", metric, percent, minutes=LASTING, PoolID=pool, Scope="private")
    answer = account.settle()
    changed = [entry for entry in answer["alarms"] if entry["name"] == alarm]
    assert [entry["contributor"] for entry in changed if entry["to"] == "ALARM"] == [
        {"PoolID": "dry"},
        {"PoolID": "low"},
        None,
    ]
    assert [run["trigger"] for run in runs_of(function, answer)] == ["alarm", "alarm"]
    events = account.events_of(function)
    woken_for = [event["alarmData"]["alarmContributor"]["attributes"]["PoolID"] for event in events]
    assert sorted(woken_for) == ["dry", "low"]
    assert {(event["source"], event["alarmArn"], event["accountId"]) for event in events} == {
        ("aws.cloudwatch", arn, account.id)
    }
    assert sorted(attributes["PoolID"] for attributes in contributors(account, alarm)) == ["dry", "low"]
    assert described(account, alarm)["StateValue"] == "ALARM"

    account.put_metric("Test", metric, 80, minutes=LASTING, PoolID="low", Scope="private")
    account.put_metric("Test", metric, 5, minutes=LASTING, PoolID="dry", Scope="private")
    answer = account.settle()
    changed = [entry for entry in answer["alarms"] if entry["name"] == alarm]
    assert [(entry["contributor"], entry["to"]) for entry in changed] == [({"PoolID": "low"}, "OK")]
    assert runs_of(function, answer) == [], "who is in alarm already does not fire again"


def test_a_contributor_of_tomorrow_is_watched_too(account: Account) -> None:
    metric = unique("metric")
    alarm = account.alarm(**by_pool(metric))
    account.put_metric("Test", metric, 80, minutes=LASTING, PoolID="old")
    account.settle()
    account.put_metric("Test", metric, 80, minutes=LASTING, PoolID="old")
    account.put_metric("Test", metric, 5, minutes=LASTING, PoolID="new")
    account.settle()
    assert contributors(account, alarm) == [{"PoolID": "new"}]


def test_changes_are_events_for_rules_too(account: Account) -> None:
    metric, function = unique("metric"), account.function(ECHO)
    account.rule_for(function, EventPattern=json.dumps({"source": ["aws.cloudwatch"]}))
    alarm = account.alarm(**by_pool(metric))
    account.put_metric("Test", metric, 5, minutes=LASTING, PoolID="dry")
    answer = account.settle()
    assert {run["trigger"] for run in runs_of(function, answer)} == {"alarm"}
    events = [event for event in account.events_of(function) if event["detail"]["alarmName"] == alarm]
    by_type = {event["detail-type"]: event for event in events}
    assert set(by_type) == {"CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"}
    contributor = by_type["CloudWatch Alarm Contributor State Change"]["detail"]
    assert contributor["alarmContributor"]["attributes"] == {"PoolID": "dry"}
    assert contributor["state"]["value"] == "ALARM"
    assert "previousState" not in contributor
    assert by_type["CloudWatch Alarm State Change"]["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"


def test_a_function_that_does_not_let_alarms_invoke_it_is_not_run(account: Account) -> None:
    metric, function = unique("metric"), account.function(ECHO)
    alarm = account.alarm(**on_metric(metric, AlarmActions=[account.function_arn(function)]))
    account.permit(function, "events.amazonaws.com", described(account, alarm)["AlarmArn"])
    account.put_metric("Test", metric, 99)
    answer = account.settle()
    assert changes_of(alarm, answer)
    assert runs_of(function, answer) == []


def test_people_hear_of_an_alarm_and_of_its_end(account: Account) -> None:
    metric, topic, address = unique("metric"), account.topic(), f"{unique('oncall')}@example.com"
    account.subscribe(topic, "email", address)
    alarm = account.alarm(**on_metric(metric, AlarmActions=[topic], OKActions=[topic]))
    account.put_metric("Test", metric, 99)
    account.settle()
    account.put_metric("Test", metric, 1)
    account.settle()
    bad, good = (json.loads(mail["message"]) for mail in account.mail(address))
    assert (bad["AlarmName"], bad["OldStateValue"], bad["NewStateValue"]) == (alarm, "INSUFFICIENT_DATA", "ALARM")
    assert (good["OldStateValue"], good["NewStateValue"]) == ("ALARM", "OK")
    assert alarm in account.mail(address)[0]["subject"]
    assert account.mail(address)[0]["attributes"] == {}


def test_an_alarm_whose_actions_are_switched_off_changes_in_silence(account: Account) -> None:
    metric, topic, address = unique("metric"), account.topic(), f"{unique('silent')}@example.com"
    account.subscribe(topic, "email", address)
    alarm = account.alarm(**on_metric(metric, AlarmActions=[topic]))
    account.client("cloudwatch").disable_alarm_actions(AlarmNames=[alarm])
    account.put_metric("Test", metric, 99)
    assert changes_of(alarm, account.settle()) == [("INSUFFICIENT_DATA", "ALARM")]
    assert account.mail(address) == []


def test_a_topic_under_aws_own_key_loses_the_action(account: Account) -> None:
    metric, address = unique("metric"), f"{unique('lost')}@example.com"
    topic = account.topic(KmsMasterKeyId="alias/aws/sns")
    account.subscribe(topic, "email", address)
    alarm = account.alarm(**on_metric(metric, AlarmActions=[topic]))
    account.put_metric("Test", metric, 99)
    assert changes_of(alarm, account.settle()) == [("INSUFFICIENT_DATA", "ALARM")]
    assert account.mail(address) == []


def test_a_topic_whose_policy_does_not_name_cloudwatch_loses_the_action(account: Account) -> None:
    metric, topic, address = unique("metric"), account.topic(), f"{unique('refused')}@example.com"
    account.subscribe(topic, "email", address)
    account.set_topic_policy(topic, {"Service": "events.amazonaws.com"})
    account.alarm(**on_metric(metric, AlarmActions=[topic]))
    account.put_metric("Test", metric, 99)
    account.settle()
    assert account.mail(address) == []


def test_a_topic_that_wants_tls_gets_the_action_because_aws_services_use_it(account: Account) -> None:
    metric, topic, address = unique("metric"), account.topic(), f"{unique('tls')}@example.com"
    account.subscribe(topic, "email", address)
    refused = statement("Deny", "sns:Publish", topic, Bool={"aws:SecureTransport": "false"})
    allowed = {**statement("Allow", "sns:Publish", topic), "Principal": {"Service": "cloudwatch.amazonaws.com"}}
    policy = {"Version": "2012-10-17", "Statement": [{**refused, "Principal": "*"}, allowed]}
    account.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )
    account.alarm(**on_metric(metric, AlarmActions=[topic]))
    account.put_metric("Test", metric, 99)
    account.settle()
    assert len(account.mail(address)) == 1


def test_a_state_that_somebody_sets_acts_until_the_next_evaluation(account: Account) -> None:
    metric, topic, address = unique("metric"), account.topic(), f"{unique('set')}@example.com"
    account.subscribe(topic, "email", address)
    alarm = account.alarm(**on_metric(metric, AlarmActions=[topic], TreatMissingData="notBreaching"))
    account.settle()
    account.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a drill")
    assert described(account, alarm)["StateValue"] == "ALARM"
    assert account.mail(address) == [], "nothing is delivered before the account is settled"
    answer = account.settle()
    assert changes_of(alarm, answer) == [("ALARM", "OK")]
    (mail,) = account.mail(address)
    assert json.loads(mail["message"])["NewStateReason"] == "a drill"


def test_a_changed_alarm_keeps_its_state_and_a_new_one_of_the_same_name_starts_anew(account: Account) -> None:
    metric = unique("metric")
    alarm = account.alarm(**by_pool(metric))
    account.put_metric("Test", metric, 5, minutes=LASTING, PoolID="dry")
    account.settle()
    cloudwatch = account.client("cloudwatch")
    definition = {**by_pool(metric, AlarmDescription="changed"), "EvaluationPeriods": 1}
    cloudwatch.put_metric_alarm(AlarmName=alarm, **definition)
    assert described(account, alarm)["StateValue"] == "ALARM"
    assert contributors(account, alarm) == [{"PoolID": "dry"}]
    cloudwatch.delete_alarms(AlarmNames=[alarm])
    cloudwatch.put_metric_alarm(AlarmName=alarm, **definition)
    assert described(account, alarm)["StateValue"] == "INSUFFICIENT_DATA"
    assert contributors(account, alarm) == []
    account.put_metric("Test", metric, 5, minutes=LASTING, PoolID="dry")
    told = [entry["contributor"] for entry in account.settle()["alarms"] if entry["name"] == alarm]
    assert told == [{"PoolID": "dry"}, None]


def test_an_alarm_is_described_as_it_was_made(account: Account) -> None:
    alarm = account.alarm(**by_pool(unique("metric"), AlarmDescription="pools that run dry"))
    found = described(account, alarm)
    assert found["Metrics"][0]["Expression"].startswith("SELECT MIN(")
    assert "MetricName" not in found
    assert (found["Threshold"], found["AlarmDescription"]) == (20.0, "pools that run dry")
    plain = described(account, account.alarm(**on_metric("plain")))
    assert (plain["MetricName"], plain["Statistic"]) == ("plain", "Maximum")
    assert "Metrics" not in plain


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        (on_metric("x", Period=45), "ValidationError"),
        (on_metric("x", EvaluationPeriods=2, DatapointsToAlarm=3), "ValidationError"),
        (on_metric("x", Threshold=None), "ValidationError"),
        (by_pool("x", InsufficientDataActions=["arn:aws:sns:us-east-1:123456789012:t"]), "ValidationError"),
        ({**by_pool("x"), "MetricName": "both"}, "ValidationError"),
        (by_pool('x") FROM nowhere SELECT MIN("y'), "ValidationError"),
        (by_pool("x", EvaluationPeriods=181), "ValidationError"),
        (on_metric("x", AlarmActions=["no-arn"]), "ValidationError"),
    ],
)
def test_an_invalid_alarm_is_refused_with_aws_code(account: Account, definition: dict[str, Any], code: str) -> None:
    given = {name: value for name, value in definition.items() if value is not None}
    name = unique("invalid")
    defaults = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
    with pytest.raises(ClientError) as refused:
        account.client("cloudwatch").put_metric_alarm(AlarmName=name, **{**defaults, **given})
    assert refused.value.response["Error"]["Code"] == code
    assert account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_contributors_of_no_alarm_are_not_found(account: Account) -> None:
    with pytest.raises(ClientError) as refused:
        account.client("cloudwatch").describe_alarm_contributors(AlarmName="nobody")
    assert refused.value.response["Error"]["Code"] in ("ResourceNotFound", "ResourceNotFoundException")


# Through CloudFormation


@pytest.fixture
def stack(account: Account) -> Iterator[str]:
    name = unique("stack")
    yield name
    account.client("cloudformation").delete_stack(StackName=name)


def deploy(account: Account, stack: str, properties: dict[str, Any]) -> None:
    """Create or update the stack with one alarm in it."""
    resources = {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}
    body = json.dumps({"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": "Alarm"}}}})
    cloudformation = account.client("cloudformation")
    stacks = {each["StackName"] for each in cloudformation.list_stacks()["StackSummaries"]}
    verb = "update" if stack in stacks else "create"
    getattr(cloudformation, f"{verb}_stack")(StackName=stack, TemplateBody=body)
    cloudformation.get_waiter(f"stack_{verb}_complete").wait(StackName=stack, WaiterConfig=QUICKLY)


def test_cloudformation_makes_changes_and_deletes_an_alarm_on_queries(account: Account, stack: str) -> None:
    metric, name = unique("metric"), unique("alarm")
    query = {**by_pool(metric)["Metrics"][0], "Period": "60", "ReturnData": "true"}  # as text, as templates may
    properties = {
        "AlarmName": name,
        "Metrics": [query],
        "Threshold": "20",
        "EvaluationPeriods": "1",
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "ignore",
    }
    deploy(account, stack, properties)
    account.put_metric("Test", metric, 15, minutes=LASTING, PoolID="low")
    account.settle()
    assert contributors(account, name) == [{"PoolID": "low"}]
    deploy(account, stack, {**properties, "Threshold": "10"})
    account.put_metric("Test", metric, 15, minutes=LASTING, PoolID="low")
    account.settle()
    assert described(account, name)["Threshold"] == 10.0
    assert contributors(account, name) == []
    account.client("cloudformation").delete_stack(StackName=stack)
    account.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=QUICKLY)
    assert account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_cloudformation_refuses_an_invalid_alarm_as_cloudwatch_does(account: Account, stack: str) -> None:
    properties = {**by_pool("x"), "EvaluationPeriods": 200}
    with pytest.raises(WaiterError, match="ROLLBACK"):
        deploy(account, stack, properties)
    events = account.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("3 hours" in reason for reason in reasons), reasons
