"""The ledger and the guards: DynamoDB as the simulated account has it, asked without HTTP and botocore between.

Half of an episode's calls go to these tables; moto's DynamoDB takes eighty times as long for one.
"""

from __future__ import annotations

import json
import threading
from typing import Any
from unittest import mock

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

with mock.patch.object(threading.Thread, "start"):  # it sweeps expired items, by real time
    from ministack.services import dynamodb

LEDGER, GUARDS = "ledger", "guards"

_deserializer = TypeDeserializer()


def create() -> None:
    """Create the tables anew, empty."""
    dynamodb.reset()
    _create_table(LEDGER, "decision_id", "record", index=("by-remediation", "remediation", "last_seen"))
    _create_table(GUARDS, "guard")


def answer(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Answer a call of the low-level client. Raises ClientError as botocore does."""
    request = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    answering = dynamodb.handle_request("POST", "/", request, json.dumps(parameters).encode(), {})
    try:
        answering.send(None)
    except StopIteration as stopped:
        status, _, body = stopped.value
    else:
        raise RuntimeError(f"{operation} waits for something, which no table does")
    said: dict[str, Any] = json.loads(body)
    if status != 200:
        error = {"Code": said.pop("__type").rpartition("#")[2], "Message": said.pop("message", said.pop("Message", ""))}
        refused: Any = {**said, "Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(refused, operation)
    return said


def ledger_items() -> tuple[dict[str, Any], ...]:
    """Read all items of the ledger."""
    found = answer("Scan", {"TableName": LEDGER})["Items"]
    return tuple({name: _deserializer.deserialize(value) for name, value in item.items()} for item in found)


def _create_table(name: str, *keys: str, index: tuple[str, str, str] | None = None) -> None:
    indexed = index[1:] if index else ()
    secondary = (
        [{"IndexName": index[0], "KeySchema": _schema(index[1:]), "Projection": {"ProjectionType": "ALL"}}]
        if index
        else []
    )
    parameters = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _schema(keys),
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in (*keys, *indexed)],
        **({"GlobalSecondaryIndexes": secondary} if secondary else {}),
    }
    answer("CreateTable", parameters)


def _schema(keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
