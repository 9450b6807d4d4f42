"""What holds something that an upgrade must keep is the same resource as in the release before, 1.0.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.common.settings import Mode

KEPT = {
    "AWS::DynamoDB::Table": {"RecordsGuards5B50190F", "RecordsLedgerC701FDC0"},
    "AWS::KMS::Key": {"NotificationsKeyADCFA950"},
    "AWS::SNS::Topic": {"NotificationsAlarmTopic670C799A", "NotificationsTopicAE679CBD"},
    "AWS::SQS::Queue": {
        "AlignAlbsDeadLettersD600EFC0",
        "AlignAlbsRechecks9AE4CF3B",
        "NotifyDeadLettersB96471D2",
        "OperateDeadLettersE61F6B3C",
        "OperateRechecks72D9A594",
        "RefillPoolsDeadLettersBE076F13",
        "RefillPoolsRechecks56B789A3",
        "ReleaseEipsDeadLetters06229D8F",
        "ReleaseEipsRechecksCB846689",
    },
    "AWS::SSM::Parameter": {"RecordsMode818443B2"},
}
"""Logical ids by type. Under another one CloudFormation makes a new resource, and leaves or deletes the one there is.

Add to it with a release. What goes from it needs a way for those who have it.
"""

KEYS = {
    "RecordsGuards5B50190F": ["guard"],
    "RecordsLedgerC701FDC0": ["decision_id", "record"],
}
"""The tables' keys: other ones replace a table."""

VALUE = "deployed"
"""What the switch is deployed as: another value would be written over what people set it to."""


@pytest.fixture(scope="module")
def resources(stacks_in: Callable[[Mode], Mapping[str, Mapping[str, Any]]]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stacks_in("enforce")["PoolwardenHub"]["Resources"]
    return found


@pytest.mark.parametrize("kind", KEPT)
def test_what_holds_data_has_the_logical_id_that_it_had(resources: Mapping[str, Any], kind: str) -> None:
    assert KEPT[kind] <= {name for name, each in resources.items() if each["Type"] == kind}


@pytest.mark.parametrize("table", KEYS)
def test_a_table_has_the_key_that_it_had_and_no_name(resources: Mapping[str, Any], table: str) -> None:
    properties = resources[table]["Properties"]

    assert [each["AttributeName"] for each in properties["KeySchema"]] == KEYS[table]
    assert "TableName" not in properties


def test_no_deployment_sets_the_switch_back(resources: Mapping[str, Any]) -> None:
    assert resources["RecordsMode818443B2"]["Properties"]["Value"] == VALUE
