"""DynamoDB in a dictionary: as much of its expressions as the functions write, at a hundredth of moto's price."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

Item = dict[str, Any]
TOKEN = re.compile(r"<=|>=|[#:]?[A-Za-z_][\w.#]*|[()=<>,]")
MISSING = object()
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}


class Condition(Protocol):
    """A parsed condition."""

    def __call__(self, item: Item, names: dict[str, str], values: Item) -> bool: ...


class Tables:
    """Every table of the account: items by table and key. Values are plain, as if they had been deserialized."""

    def __init__(self) -> None:
        self.items: dict[str, dict[tuple[Any, ...], Item]] = {}

    def get_item(self, *, TableName: str, Key: Item, **_: Any) -> Item:
        found = self._table(TableName).get(tuple(Key.values()))
        return {"Item": found} if found is not None else {}

    def put_item(self, *, TableName: str, Item: Item, **request: Any) -> Item:
        self._transact([("PutItem", {"TableName": TableName, "Item": Item, **request})], "PutItem")
        return {}

    def update_item(self, **request: Any) -> Item:
        self._transact([("UpdateItem", request)], "UpdateItem")
        return {"Attributes": self._table(request["TableName"])[tuple(request["Key"].values())]}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> Item:
        answers = {
            table: [found for key in asked["Keys"] if (found := self._table(table).get(tuple(key.values())))]
            for table, asked in RequestItems.items()
        }
        return {"Responses": answers, "UnprocessedKeys": {}}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> Item:
        writes = [("UpdateItem", each["Update"]) for each in TransactItems]
        self._transact(writes, "TransactWriteItems")
        return {}

    def _transact(self, writes: list[tuple[str, Item]], operation: str) -> None:
        """Write all or nothing."""
        held = [self._holds(request) for _, request in writes]
        if not all(held):
            self._refuse(held, operation)
        for kind, request in writes:
            self._put(request) if kind == "PutItem" else self._update(request)

    def _holds(self, request: Item) -> bool:
        if "ConditionExpression" not in request:
            return True
        key = request.get("Key") or {name: request["Item"][name] for name in ("guard",)}
        item = self._table(request["TableName"]).get(tuple(key.values()), {})
        names = request.get("ExpressionAttributeNames", {})
        return condition(request["ConditionExpression"])(item, names, request.get("ExpressionAttributeValues", {}))

    @staticmethod
    def _refuse(held: list[bool], operation: str) -> None:
        if operation != "TransactWriteItems":
            raise error("ConditionalCheckFailedException", operation)
        reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in held]
        response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise ClientError(response, operation)

    def _put(self, request: Item) -> None:
        self._table(request["TableName"])[(request["Item"]["guard"],)] = request["Item"]

    def _update(self, request: Item) -> None:
        item = self._table(request["TableName"]).setdefault(tuple(request["Key"].values()), dict(request["Key"]))
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        for change in update(request["UpdateExpression"]):
            change(item, names, values)

    def _table(self, name: str) -> dict[tuple[Any, ...], Item]:
        return self.items.setdefault(name, {})


def error(code: str, operation: str) -> ClientError:
    """AWS's answer when it refuses."""
    return ClientError({"Error": {"Code": code, "Message": f"{code}, says the model"}}, operation)


@functools.cache
def condition(expression: str) -> Condition:
    """Parse a condition; ValueError for what this model does not know."""
    tokens = TOKEN.findall(expression)
    parsed = _either(tokens)
    if tokens:
        raise ValueError(f"{expression!r} goes on with {tokens[:3]}")
    return parsed


@functools.cache
def update(expression: str) -> list[Callable[[Item, dict[str, str], Item], None]]:
    """Parse an update: SET, ADD and REMOVE, each of several attributes."""
    changes: list[Callable[[Item, dict[str, str], Item], None]] = []
    for kind, body in re.findall(r"\b(SET|ADD|REMOVE) (.*?)(?=$| SET | ADD | REMOVE )", expression):
        changes += [_change(kind, part.strip()) for part in re.split(r",(?![^(]*\))", body)]
    return changes


def _change(kind: str, part: str) -> Callable[[Item, dict[str, str], Item], None]:
    if kind == "REMOVE":
        return lambda item, names, _: item.pop(_named(part, names), None) and None
    if kind == "ADD":
        path, value = part.split()
        return lambda item, names, values: _add(item, _named(path, names), values[value])
    path, _, given = (each.strip() for each in part.partition("="))
    kept = re.fullmatch(r"if_not_exists\(([^,]+), *(:\w+)\)", given)

    def set_it(item: Item, names: dict[str, str], values: Item) -> None:
        *outer, last = [_named(each, names) for each in path.split(".")]
        for name in outer:
            item = item[name]
        if kept:
            item.setdefault(last, values[kept.group(2)])
        else:
            item[last] = values[given]

    return set_it


def _add(item: Item, name: str, value: Any) -> None:
    item[name] = (item.get(name, set()) | value) if isinstance(value, set) else item.get(name, 0) + value


def _either(tokens: list[str]) -> Condition:
    return _joined(tokens, "OR", _both, any)


def _both(tokens: list[str]) -> Condition:
    return _joined(tokens, "AND", _one, all)


def _joined(
    tokens: list[str], word: str, inner: Callable[[list[str]], Condition], join: Callable[[Any], bool]
) -> Condition:
    parts = [inner(tokens)]
    while tokens and tokens[0] == word:
        tokens.pop(0)
        parts.append(inner(tokens))
    return lambda item, names, values: join(part(item, names, values) for part in parts)


def _one(tokens: list[str]) -> Condition:
    word = tokens.pop(0)
    if word == "NOT":
        denied = _one(tokens)
        return lambda item, names, values: not denied(item, names, values)
    if word == "(":
        inside = _either(tokens)
        tokens.pop(0)
        return inside
    if word in {"attribute_not_exists", "contains", "size"}:
        return _function(word, tokens)
    return _comparison(lambda item, names, values: _value(word, item, names, values), tokens)


def _function(name: str, tokens: list[str]) -> Condition:
    arguments = tokens[1 : tokens.index(")")]
    del tokens[: len(arguments) + 2]
    path = arguments[0]
    if name == "attribute_not_exists":
        return lambda item, names, values: _value(path, item, names, values) is MISSING
    if name == "contains":
        return lambda item, names, values: values[arguments[2]] in _or_empty(_value(path, item, names, values))
    return _comparison(
        lambda item, names, values: MISSING if (v := _value(path, item, names, values)) is MISSING else len(v), tokens
    )


def _comparison(left: Callable[[Item, dict[str, str], Item], Any], tokens: list[str]) -> Condition:
    sign = tokens.pop(0)
    if sign == "IN":
        listed = [each for each in tokens[1 : tokens.index(")")] if each != ","]
        del tokens[: tokens.index(")") + 1]
        return lambda item, names, values: left(item, names, values) in [values[each] for each in listed]
    right = tokens.pop(0)

    def holds(item: Item, names: dict[str, str], values: Item) -> bool:
        one, other = left(item, names, values), _value(right, item, names, values)
        return one is not MISSING and other is not MISSING and COMPARE[sign](one, other)

    return holds


def _value(word: str, item: Item, names: dict[str, str], values: Item) -> Any:
    return values[word] if word.startswith(":") else item.get(_named(word, names), MISSING)


def _or_empty(value: Any) -> Any:
    return () if value is MISSING else value


def _named(word: str, names: dict[str, str]) -> str:
    return names[word] if word.startswith("#") else word
