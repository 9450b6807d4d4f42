"""Which errors mean that nobody can work in a place, and what is said of it; the roles that are taken on at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambdas.common import accounts, metrics, previews, reach
from lambdas.common.decision import Outcome
from lambdas.common.targets import Target
from tests.lambdas.account import ACCOUNT, HOME, LEDGER, items

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MEMBER = "111122223333"
AWAY = "eu-west-1"
ROLE = "PoolwardenSpoke-ReleaseEips"
HERE, THERE = Target(account=MEMBER, region=HOME), Target(account=MEMBER, region=AWAY)


def error(code: str, operation: str = "DescribeAddresses", message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (error("AccessDenied", "AssumeRole"), "role-missing"),
        (error("AccessDenied"), "access-denied"),
        (error("AccessDeniedException"), "access-denied"),
        (error("UnauthorizedOperation"), "access-denied"),
        (error("AuthFailure"), "region-closed"),
        (error("OptInRequired"), "region-closed"),
        (error("UnrecognizedClientException"), "region-closed"),
        (error("InvalidClientTokenId"), "region-closed"),
        (error("InvalidClientTokenId", "AssumeRole"), "region-closed"),
        (error("RequestLimitExceeded"), None),
        (error("InternalError"), None),
        (error("Throttling", "AssumeRole"), None),
        (error(""), None),
        (EndpointConnectionError(endpoint_url="https://ec2"), None),
        (ValueError("AccessDenied"), None),
    ],
    ids=str,
)
def test_only_a_refusal_for_good_is_an_obstacle(raised: Exception, reason: str | None) -> None:
    assert reach.obstacle(raised) == reason


@pytest.mark.parametrize("reason", ["role-missing", "access-denied"])
def test_whoever_looks_with_a_role_of_their_own_is_told_about_that_role(
    reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOKE_ROLE", "Viewer")
    monkeypatch.setattr(accounts, "own", lambda: ACCOUNT)
    refused = error("AccessDenied", "AssumeRole" if reason == "role-missing" else "DescribeAddresses")
    found = previews.unreadable("release_eips", HERE, refused)
    assert found.reason == reason
    assert "Viewer" in str(found.detail["why"])
    assert "PoolwardenSpoke" not in str(found.detail["why"])


@pytest.mark.parametrize("reason", sorted(reach.WHY))
def test_a_finding_says_what_to_do_and_changes_nothing(reason: str) -> None:
    found = reach.finding(THERE, "release_eips", reason, error("AccessDenied", message="x" * 9_000), role=ROLE)
    assert (found.account, found.region, found.reason, found.outcome) == (MEMBER, AWAY, reason, Outcome.BLOCKED)
    assert found.action == "none"
    assert "{" not in str(found.detail["why"])
    assert len(json.dumps(found.detail)) < 1_000


def test_a_missing_role_is_one_finding_for_all_regions_of_an_account_and_anything_else_one_for_each() -> None:
    def ids(reason: str) -> set[tuple[str, str]]:
        found = [reach.finding(each, "release_eips", reason, error("x"), role=ROLE) for each in (HERE, THERE)]
        return {(each.id, each.resource_id) for each in found}

    assert [resource for _, resource in ids("role-missing")] == [MEMBER]
    for reason in ("region-closed", "access-denied"):
        assert sorted(resource for _, resource in ids(reason)) == [THERE.name, HERE.name]


@pytest.mark.usefixtures("aws")
def test_what_stays_so_is_one_item_that_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(metrics, "count_decision", told.append)
    for hour in range(3):
        now = NOW + timedelta(hours=hour)
        reach.report(HERE, "release_eips", "role-missing", error("AccessDenied", "AssumeRole"), role=ROLE, now=now)
    (item,) = items(LEDGER)
    assert (item["resource_id"], item["reason"], item["count"]) == (MEMBER, "role-missing", 3)
    assert ROLE in item["detail"]["why"]
    assert len(told) == 1


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("account", "region", "arn"),
    [
        (ACCOUNT, HOME, None),
        (MEMBER, HOME, f"arn:aws:iam::{MEMBER}:role/PoolwardenSpoke-Test"),
        (MEMBER, "cn-north-1", f"arn:aws-cn:iam::{MEMBER}:role/PoolwardenSpoke-Test"),
    ],
)
def test_the_role_in_another_account_is_the_functions_own_whatever_an_event_says(
    account: str, region: str, arn: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "own", lambda: ACCOUNT)
    assert accounts.role_in(account, region=region) == arn
