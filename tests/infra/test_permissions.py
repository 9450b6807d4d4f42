"""What the roles may do, in every mode: nothing that AWS does not know, and nothing wider than AWS lets it be.

AWS's own list of actions, with the resources and condition keys of each, comes with cfn-lint: the service
authorization reference, https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from infra.config import load
from infra.naming import construct_id_of
from infra.permissions import permissions
from infra.permissions_page import EVERYTHING, PAGE, page
from infra.remediations import REMEDIATIONS
from lambdas.common.settings import MODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from infra.permissions import Permission
    from lambdas.common.settings import Mode

REFERENCE: dict[str, Any] = json.loads(
    files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text(encoding="utf-8")
)
READING = ("Describe", "Get", "List")
OUR_OWN = {"dynamodb", "events", "kms", "logs", "sns", "sqs", "ssm", "sts"}
"""Where all that our roles may change is ours: records, messages, roles to work under."""

MAKES_SOMETHING_NEW = {"ec2:AllocateAddress"}
WITHOUT_A_NAME = {
    "cloudformation:DescribeStackResources": "asked by a resource's id, which names no stack",
    "cloudwatch:ListMetrics": "it names a data set, which metrics of AWS services are not in",
}
"""What is allowed on everything although AWS knows resources for it, and why."""


@pytest.fixture(scope="module")
def held(stacks_in: Callable[[Mode], Mapping[str, Any]]) -> Mapping[Mode, frozenset[Permission]]:
    return {mode: permissions(stacks_in(mode)) for mode in MODES}


def allowed(held: Iterable[Permission]) -> list[Permission]:
    return sorted(each for each in held if each.effect == "Allow")


def changing(held: Iterable[Permission]) -> list[Permission]:
    """What may be done to a user's resources that is no mere look."""
    return [
        each
        for each in allowed(held)
        if each.action.partition(":")[0] not in OUR_OWN and not each.action.partition(":")[2].startswith(READING)
    ]


def test_the_page_says_what_the_templates_say(held: Mapping[Mode, frozenset[Permission]]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(held), "write it anew: python -m infra.permissions_page"


def test_the_page_is_about_everything_that_can_be_deployed() -> None:
    assert set(load(EVERYTHING).remediations) == set(REMEDIATIONS)


def test_no_action_is_a_wildcard(held: Mapping[Mode, frozenset[Permission]]) -> None:
    assert not [each for each in allowed(held["enforce"]) if "*" in each.action]


def test_a_higher_mode_adds_permissions_and_takes_none(held: Mapping[Mode, frozenset[Permission]]) -> None:
    observe, approve, enforce = (set(allowed(held[mode])) for mode in MODES)
    assert observe < approve < enforce


@pytest.mark.parametrize("mode", ["observe", "approve"])
def test_only_what_people_ask_for_changes_anything_below_enforce(
    held: Mapping[Mode, frozenset[Permission]], mode: Mode
) -> None:
    assert {each.role for each in changing(held[mode])} == {"Operate"}
    acting = {"Operate", *map(construct_id_of, REMEDIATIONS)}
    assert {each.role for each in changing(held["enforce"])} == acting


@pytest.mark.parametrize("mode", MODES)
def test_what_may_be_changed_may_not_be_where_it_is_protected(
    held: Mapping[Mode, frozenset[Permission]], mode: Mode
) -> None:
    condition = json.dumps({"StringEquals": {"aws:ResourceTag/poolwarden:protect": "true"}})
    refused = {
        (each.stack, each.role, each.action, each.resource)
        for each in held[mode]
        if each.effect == "Deny" and each.condition == condition
    }
    for each in changing(held[mode]):
        if each.action not in MAKES_SOMETHING_NEW:
            assert (each.stack, each.role, each.action, each.resource) in refused


def test_addresses_of_cloudformations_stacks_are_not_released_nor_tagged(
    held: Mapping[Mode, frozenset[Permission]],
) -> None:
    condition = json.dumps({"Null": {"aws:ResourceTag/aws:cloudformation:stack-name": "false"}})
    refused = {(each.stack, each.role, each.action) for each in held["enforce"] if each.condition == condition}
    touching = {"ec2:CreateTags", "ec2:ReleaseAddress"}
    assert refused == {
        (each.stack, each.role, each.action) for each in changing(held["enforce"]) if each.action in touching
    }


def test_aws_has_every_action(held: Mapping[Mode, frozenset[Permission]]) -> None:
    assert not [each.action for each in allowed(held["enforce"]) if known(each.action) is None]


def test_a_resource_is_named_wherever_aws_lets_it_be(held: Mapping[Mode, frozenset[Permission]]) -> None:
    on_everything = {each.action for each in allowed(held["enforce"]) if each.resource == "*"}
    assert {action for action in on_everything if kinds(action)} == set(WITHOUT_A_NAME)


def test_a_named_resource_is_of_a_kind_that_the_action_is_about(held: Mapping[Mode, frozenset[Permission]]) -> None:
    for each in held["enforce"]:
        if each.resource.startswith("arn:"):
            assert formats_of(each), f"{each.action} is never asked of {each.resource}"


def test_a_condition_on_tags_is_one_that_aws_evaluates_there(held: Mapping[Mode, frozenset[Permission]]) -> None:
    conditional = [each for each in held["enforce"] if "aws:ResourceTag/" in each.condition]
    assert conditional
    for each in conditional:
        (kind,) = formats_of(each)
        assert "aws:ResourceTag/${TagKey}" in kind["ConditionKeys"]


def known(action: str) -> dict[str, Any] | None:
    """What the reference says of an action; None where there is no such action."""
    service, _, name = action.partition(":")
    found: dict[str, Any] | None = REFERENCE[service]["Actions"].get(name.lower())
    return found


def kinds(action: str) -> Iterable[str]:
    """The kinds of resources by which an action is allowed."""
    listed = (known(action) or {}).get("Resources", [])
    return [listed] if isinstance(listed, str) else listed


def formats_of(permission: Permission) -> list[dict[str, Any]]:
    """The kinds of resources of an action, as the reference has them, whose ARNs a permission's resource can be."""
    return list(_formats_of(permission))


def _formats_of(permission: Permission) -> Iterator[dict[str, Any]]:
    name = re.sub(r"\$\{[^}]+\}", "", permission.resource).split(":", 5)[5]
    resources = REFERENCE[permission.action.partition(":")[0]]["Resources"]
    for kind in kinds(permission.action):
        for form in resources[kind.lower()]["ARNFormats"]:
            if f"{name}/".startswith(form.split(":", 5)[5].removesuffix(".*")):
                yield resources[kind.lower()]
