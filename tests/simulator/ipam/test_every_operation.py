"""Every operation of EC2 that concerns IPAM answers in AWS's form: with its result, or with an error that it has."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ClientError

from tests.simulator.ipam.conftest import HOME, session

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

OF_IPAM = ("Ipam", "Byoip", "PublicIpv4Pool")

NOT_SIMULATED = ("InternetRegistry", "PrefixListResolver", "Route", "Routing")
"""Features whose operations this IPAM refuses, by what their names contain."""


@cache
def model() -> Any:
    return session().client("ec2", region_name=HOME).meta.service_model


OPERATIONS = [name for name in model().operation_names if any(word in name for word in OF_IPAM)]
REFUSED = [name for name in OPERATIONS if any(word in name for word in NOT_SIMULATED)]
ANSWERED = [name for name in OPERATIONS if name not in REFUSED]


def required(operation: str) -> list[str]:
    return list(model().operation_model(operation).input_shape.required_members)


def lists(operation: str) -> list[str]:
    """The members of an operation's answer that are lists."""
    answer = model().operation_model(operation).output_shape
    return [name for name, shape in answer.members.items() if shape.type_name == "list"]


def answered(account: Account, operations: list[str], **parameters: Any) -> dict[str, tuple[str, int]]:
    """The codes and statuses that operations are answered with if they have no more than these parameters."""
    client = account.unchecked_client()
    answers = {}
    for operation in operations:
        try:
            getattr(client, xform_name(operation))(**parameters)
        except ClientError as error:
            metadata = error.response["ResponseMetadata"]
            answers[operation] = error.response["Error"]["Code"], metadata["HTTPStatusCode"]
        else:
            answers[operation] = "", 200
    return answers


def test_what_is_not_simulated_says_so(account: Account) -> None:
    assert answered(account, REFUSED) == dict.fromkeys(REFUSED, ("UnsupportedOperation", 400))


def test_what_a_request_must_have_is_asked_for(account: Account) -> None:
    asking = [name for name in ANSWERED if required(name)]
    assert answered(account, asking) == dict.fromkeys(asking, ("MissingParameter", 400))


def test_every_operation_that_can_be_tried_without_effect_says_that_it_was(account: Account) -> None:
    trying = [name for name in ANSWERED if "DryRun" in model().operation_model(name).input_shape.members]
    expected = dict.fromkeys(trying, ("DryRunOperation", 412))
    assert answered(account, trying, DryRun=True) == expected


def test_an_account_without_anything_has_empty_lists(account: Account) -> None:
    describing = [name for name in ANSWERED if name.startswith("Describe") and not required(name)]
    answers = {name: getattr(account.ec2, xform_name(name))() for name in describing}
    assert {name: [answer[member] for member in lists(name)] for name, answer in answers.items()} == {
        name: [[]] for name in describing
    }
