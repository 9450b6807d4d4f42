"""What is kept and sent: encrypted, over TLS alone, for as long as it is said, and not lost by a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.common.settings import Mode


@pytest.fixture(scope="module")
def stacks(stacks_in: Callable[[Mode], Mapping[str, Any]]) -> Mapping[str, Any]:
    return stacks_in("enforce")


def resources(stacks: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of each resource of a kind by its name; there is one at least."""
    found = {
        name: resource.get("Properties", {})
        for template in stacks.values()
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }
    assert found
    return found


def test_tables_are_encrypted_with_a_key_whose_use_is_logged(stacks: Mapping[str, Any]) -> None:
    for table in resources(stacks, "AWS::DynamoDB::Table").values():
        assert table["SSESpecification"] == {"SSEEnabled": True}  # AWS's key in the account, whose use CloudTrail logs


def test_every_table_can_be_had_back_as_it_was_at_any_second_of_the_last_35_days(stacks: Mapping[str, Any]) -> None:
    for table in resources(stacks, "AWS::DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_ledger_cannot_be_deleted_by_a_call_nor_with_its_stack(stacks: Mapping[str, Any]) -> None:
    (ledger,) = [
        each for name, each in stacks["PoolwardenHub"]["Resources"].items() if name.startswith("RecordsLedger")
    ]
    assert ledger["Properties"]["DeletionProtectionEnabled"] is True
    assert (ledger["DeletionPolicy"], ledger["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_queues_are_encrypted_and_hold_what_failed_for_two_weeks(stacks: Mapping[str, Any]) -> None:
    queues = resources(stacks, "AWS::SQS::Queue")
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    kept = {name: queue.get("MessageRetentionPeriod") for name, queue in queues.items()}
    failed = {name: seconds for name, seconds in kept.items() if "DeadLetters" in name or "Undelivered" in name}
    assert set(failed.values()) == {14 * 86400}


def test_topics_are_encrypted_with_a_key_of_ours_that_rotates_and_that_cloudwatch_may_use(
    stacks: Mapping[str, Any],
) -> None:
    ((name, key),) = resources(stacks, "AWS::KMS::Key").items()
    for topic in resources(stacks, "AWS::SNS::Topic").values():
        assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [name, "Arn"]}
    assert key["EnableKeyRotation"] is True
    (cloudwatch,) = [
        each for each in key["KeyPolicy"]["Statement"] if each["Principal"].get("Service") == "cloudwatch.amazonaws.com"
    ]
    assert cloudwatch["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert set(cloudwatch["Condition"]["StringEquals"]) == {"aws:SourceAccount"}


@pytest.mark.parametrize(
    ("kind", "policy", "names"),
    [("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"), ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics")],
)
def test_nothing_is_sent_to_queues_and_topics_but_over_tls(
    stacks: Mapping[str, Any], kind: str, policy: str, names: str
) -> None:
    refusing = {
        each["Ref"]
        for found in resources(stacks, policy).values()
        for each in found[names]
        if any(refuses_plain_http(statement) for statement in found["PolicyDocument"]["Statement"])
    }
    assert refusing == set(resources(stacks, kind))


def refuses_plain_http(statement: Mapping[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


def test_logs_are_kept_for_half_a_year_and_by_the_group_that_the_function_writes_to(stacks: Mapping[str, Any]) -> None:
    groups = resources(stacks, "AWS::Logs::LogGroup")
    assert {group["RetentionInDays"] for group in groups.values()} == {180}
    written = {
        function["LoggingConfig"]["LogGroup"]["Ref"] for function in resources(stacks, "AWS::Lambda::Function").values()
    }
    assert written == set(groups)
