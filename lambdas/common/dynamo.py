"""Between Python's values and DynamoDB's (numbers are Decimals there, floats are refused), and writes on condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from lambdas.common.errors import CONDITION_FAILED, code_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

Answer = TypeVar("Answer")
Request = ParamSpec("Request")

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def attributes(values: Mapping[str, object]) -> dict[str, UniversalAttributeValueTypeDef]:
    """Give values as DynamoDB's wire form."""
    return {name: _serializer.serialize(_storable(value)) for name, value in values.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give an item in DynamoDB's wire form as plain values that JSON can write; sets become sorted lists."""
    return {name: _readable(_deserializer.deserialize(value)) for name, value in item.items()}


def timestamp(moment: datetime) -> str:
    """Write a moment as the ledger does: UTC, ISO 8601, milliseconds, `Z`; sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_if(write: Callable[Request, Answer], *arguments: Request.args, **request: Request.kwargs) -> Answer | None:
    """Make a write that has a condition; its answer, or None where the condition does not hold."""
    try:
        return write(*arguments, **request)
    except ClientError as error:
        if code_of(error) != CONDITION_FAILED:
            raise
        return None


def _storable(value: object) -> object:
    match value:
        case float():
            return Decimal(str(value))
        case datetime():
            return timestamp(value)
        case str() | AbstractSet():
            return value
        case Mapping():
            return {str(key): _storable(each) for key, each in value.items()}
        case Sequence():
            return [_storable(each) for each in value]
        case _:
            return value


def _readable(value: object) -> object:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case AbstractSet():
            return sorted(_readable(each) for each in value)  # type: ignore[type-var]
        case Mapping():
            return {key: _readable(each) for key, each in value.items()}
        case list():
            return [_readable(each) for each in value]
        case _:
            return value
