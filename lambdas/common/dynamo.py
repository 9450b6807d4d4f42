"""Between Python's values and DynamoDB's wire form, and writes on condition.

The wire form: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html. boto3 has it too,
but to import boto3 would be a tenth of the time in which a function starts.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from botocore.exceptions import ClientError

from lambdas.common.errors import CONDITION_FAILED, TRANSACTION_CONFLICT, code_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

Answer = TypeVar("Answer")
Request = ParamSpec("Request")

ATTEMPTS = 6
"""How often a write is tried that meets a transaction each time."""


def attributes(values: Mapping[str, object]) -> dict[str, UniversalAttributeValueTypeDef]:
    """Give values as DynamoDB's wire form."""
    return {name: _wire(value) for name, value in values.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give an item in DynamoDB's wire form as plain values that JSON can write; sets become sorted lists."""
    return {name: _value(value) for name, value in item.items()}


def timestamp(moment: datetime) -> str:
    """Write a moment as the ledger does: UTC, ISO 8601, milliseconds, `Z`; sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_item(write: Callable[Request, Answer], *arguments: Request.args, **request: Request.kwargs) -> Answer:
    """Make a write of one item, again where a transaction has hold of it at that moment.

    DynamoDB refuses it then, and the SDK does not ask again by itself.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return write(*arguments, **request)
        except ClientError as error:
            if code_of(error) != TRANSACTION_CONFLICT:
                raise
        let_rivals_pass(attempt)
    return write(*arguments, **request)


def let_rivals_pass(attempt: int) -> None:
    """Wait a moment, a longer one each time, until others are done with an item."""
    time.sleep(random.uniform(0.02, 0.1) * attempt)  # noqa: S311 - spreads rivals, hides nothing


def write_if(write: Callable[Request, Answer], *arguments: Request.args, **request: Request.kwargs) -> Answer | None:
    """Make a write that has a condition; its answer, or None where the condition does not hold."""
    try:
        return write_item(write, *arguments, **request)
    except ClientError as error:
        if code_of(error) != CONDITION_FAILED:
            raise
        return None


def _wire(value: object) -> UniversalAttributeValueTypeDef:  # noqa: PLR0911 - one for each kind
    """Write one value; sets are sets of texts. TypeError where DynamoDB knows nothing of the kind."""
    match value:
        case str():
            return {"S": str(value)}  # of an enumeration's member, too
        case bool():
            return {"BOOL": value}
        case int() | float() | Decimal():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case datetime():
            return {"S": timestamp(value)}
        case AbstractSet():
            return {"SS": sorted(value)}
        case Mapping():
            return {"M": {str(key): _wire(each) for key, each in value.items()}}
        case Sequence():
            return {"L": [_wire(each) for each in value]}
        case _:
            raise TypeError(f"DynamoDB stores no {type(value).__name__}")


def _value(attribute: Mapping[str, Any]) -> object:
    """Read one value, as it is written above."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            number = Decimal(value)
            return int(number) if number == number.to_integral_value() else float(number)
        case "NULL":
            return None
        case "SS":
            return sorted(value)
        case "M":
            return {key: _value(each) for key, each in value.items()}
        case "L":
            return [_value(each) for each in value]
        case _:
            return value
