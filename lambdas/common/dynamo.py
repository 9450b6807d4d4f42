"""Between Python's values and DynamoDB's: numbers are Decimals there, and floats are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

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
