from __future__ import annotations

from typing import Any

import pytest

from simulator.faults import Fault, Faults, InvalidFault

THROTTLE = {"service": "ec2", "operation": "CreateVpc", "code": "RequestLimitExceeded"}


ACCOUNT, OTHER = "111122223333", "222222222222"


def codes(faults: Faults, count: int, *, operation: str = "CreateVpc", account: str = ACCOUNT) -> list[str | None]:
    """What each of `count` calls suffers."""
    taken = [faults.take("ec2", operation, account=account) for _ in range(count)]
    return [fault.code if fault else None for fault in taken]


def faults_of(*documents: dict[str, Any]) -> Faults:
    faults = Faults()
    faults.add([Fault.from_document(document) for document in documents])
    return faults


def test_a_fault_is_suffered_once_by_default() -> None:
    assert codes(faults_of(THROTTLE), 2) == ["RequestLimitExceeded", None]


def test_a_fault_waits_and_then_lasts() -> None:
    faults = faults_of({**THROTTLE, "after": 1, "times": 2})
    assert codes(faults, 4) == [None, "RequestLimitExceeded", "RequestLimitExceeded", None]


def test_a_later_fault_waits_for_the_earlier_one() -> None:
    faults = faults_of({**THROTTLE, "after": 1}, {**THROTTLE, "code": "InternalError"})
    assert codes(faults, 4) == [None, "RequestLimitExceeded", "InternalError", None]


def test_a_fault_of_one_account_is_no_other_accounts() -> None:
    faults = faults_of({**THROTTLE, "after": 1, "account": ACCOUNT})
    assert codes(faults, 3, account=OTHER) == [None] * 3
    assert codes(faults, 3) == [None, "RequestLimitExceeded", None]


def test_another_operation_is_not_counted() -> None:
    faults = faults_of({**THROTTLE, "after": 1})
    assert codes(faults, 3, operation="DeleteVpc") == [None] * 3
    assert codes(faults, 2) == [None, "RequestLimitExceeded"]


def test_cleared_faults_are_gone() -> None:
    faults = faults_of({**THROTTLE, "times": 10})
    faults.clear()
    assert codes(faults, 1) == [None]


def test_a_fault_has_the_status_that_it_is_given_or_400() -> None:
    assert Fault.from_document(THROTTLE).status == 400
    assert Fault.from_document({**THROTTLE, "status": 503}).status == 503


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("monitoring", "DescribeAlarms"),
        ("states", "StartExecution"),
        ("elasticloadbalancing", "ModifyIpPools"),
        ("elasticloadbalancing", "ConfigureHealthCheck"),  # of the API before
        ("dynamodb", "GetShardIterator"),  # of another API that is signed alike
    ],
)
def test_an_operation_is_any_of_the_apis_whose_requests_are_signed_so(service: str, operation: str) -> None:
    assert Fault.from_document({"service": service, "operation": operation}).operation == operation


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("CreateVpc", "an object"),
        ({**THROTTLE, "time": 1}, "'time'"),
        ({**THROTTLE, "service": ""}, "service"),
        ({**THROTTLE, "operation": None}, "operation"),
        ({**THROTTLE, "code": 503}, "code"),
        ({**THROTTLE, "account": "1234"}, "account"),
        ({**THROTTLE, "account": 111122223333}, "account"),
        ({**THROTTLE, "status": 399}, "status"),
        ({**THROTTLE, "status": 600}, "status"),
        ({**THROTTLE, "status": "503"}, "status"),
        ({**THROTTLE, "times": 0}, "times"),
        ({**THROTTLE, "times": True}, "times"),
        ({**THROTTLE, "after": -1}, "after"),
        ({**THROTTLE, "delay_ms": 60_001}, "delay_ms"),
        ({**THROTTLE, "delay_ms": 1.5}, "delay_ms"),
        ({**THROTTLE, "service": "ecs2"}, "service must be a SigV4 signing name, .*, not 'ecs2'$"),
        ({**THROTTLE, "service": "stepfunctions"}, "requests of stepfunctions are signed as states"),
        ({**THROTTLE, "operation": "CreateVpcs"}, "ec2 has no operation 'CreateVpcs'; there is CreateVpc"),
        ({**THROTTLE, "operation": "Xxxxxxxx"}, "ec2 has no operation 'Xxxxxxxx'$"),
    ],
)
def test_a_malformed_fault_is_refused_by_the_name_of_what_is_wrong(document: Any, complaint: str) -> None:
    with pytest.raises(InvalidFault, match=complaint):
        Fault.from_document(document)
