"""Tables in memory that answer as DynamoDB does what the functions ask it: thousands of histories in a second.

Values stay in DynamoDB's wire form. What is not used is not there: an unknown expression is an error.
"""

from __future__ import annotations

import copy
import functools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Item = dict[str, Any]

TOKEN = re.compile(r"\s*(<>|<=|>=|[()<>=,]|[#:]?[A-Za-z_][\w.#]*)")
CLAUSE = re.compile(r"\b(SET|REMOVE|ADD|DELETE)\b")
ASSIGNMENT = re.compile(r"\s*([#\w.]+)\s*=\s*(?:if_not_exists\(\s*[#\w.]+\s*,\s*(:\w+)\s*\)|(:\w+))\s*(?:,|$)")


def refused(code: str, operation: str, **more: Any) -> ClientError:
    """The error that botocore raises for an answer that refuses."""
    response: Any = {
        "Error": {"Code": code, "Message": f"{code}, says the test"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
        **more,
    }
    return ClientError(response, operation)


class Tables:
    """Two tables, as far as a client of DynamoDB is used here."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        self._keys = keys
        self.items: dict[str, dict[tuple[str, ...], Item]] = defaultdict(dict)

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> dict[str, Any]:  # noqa: N803
        assert ConsistentRead
        found = self.items[TableName].get(self._key(TableName, Key))
        return {"Item": copy.copy(found)} if found is not None else {}

    def put_item(self, *, TableName: str, Item: Item, ConditionExpression: str = "") -> dict[str, Any]:  # noqa: N803
        key = self._key(TableName, Item)
        self._must_hold(self.items[TableName].get(key, {}), ConditionExpression, {}, {}, "PutItem")
        self.items[TableName][key] = dict(Item)
        return {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        responses = {}
        for table, request in RequestItems.items():
            found = (self.items[table].get(self._key(table, key)) for key in request["Keys"])
            responses[table] = [copy.copy(item) for item in found if item is not None]
        return {"Responses": responses}

    def update_item(self, *, ReturnValues: str = "NONE", **request: Any) -> dict[str, Any]:  # noqa: N803
        table, key, before = self._found(request)
        self._check(before, request, "UpdateItem")
        after = self._updated(before, request)
        self.items[table][key] = after
        if ReturnValues == "ALL_OLD":
            return {"Attributes": before} if before else {}
        return {"Attributes": after} if ReturnValues == "ALL_NEW" else {}

    def transact_write_items(self, *, TransactItems: list[Any]) -> dict[str, Any]:  # noqa: N803
        updates = [self._found(each["Update"]) for each in TransactItems]
        codes = []
        for (_, _, before), each in zip(updates, TransactItems, strict=True):
            holds = self._holds(before, each["Update"])
            codes.append({"Code": "None" if holds else "ConditionalCheckFailed"})
        if any(each["Code"] != "None" for each in codes):
            raise refused("TransactionCanceledException", "TransactWriteItems", CancellationReasons=codes)
        for (table, key, before), each in zip(updates, TransactItems, strict=True):
            self.items[table][key] = self._updated(before, each["Update"])
        return {}

    def _found(self, request: Mapping[str, Any]) -> tuple[str, tuple[str, ...], Item]:
        table = request["TableName"]
        key = self._key(table, request["Key"])
        return table, key, self.items[table].get(key, {})

    def _key(self, table: str, values: Item) -> tuple[str, ...]:
        return tuple(values[name]["S"] for name in self._keys[table])

    def _updated(self, before: Item, request: Mapping[str, Any]) -> Item:
        after = {**before, **request["Key"]}
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        for clause, arguments in clauses(request["UpdateExpression"]):
            _APPLY[clause](after, arguments, names, values)
        return after

    def _check(self, before: Item, request: Mapping[str, Any], operation: str) -> None:
        if not self._holds(before, request):
            raise refused("ConditionalCheckFailedException", operation)

    def _holds(self, before: Item, request: Mapping[str, Any]) -> bool:
        expression = request.get("ConditionExpression", "")
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        return not expression or bool(condition(expression)(before, names, values))

    def _must_hold(self, before: Item, expression: str, names: Any, values: Any, operation: str) -> None:
        if expression and not condition(expression)(before, names, values):
            raise refused("ConditionalCheckFailedException", operation)


@functools.cache
def clauses(expression: str) -> tuple[tuple[str, str], ...]:
    """The clauses of an update expression, with what follows each keyword."""
    parts = CLAUSE.split(expression)[1:]
    return tuple(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))


def _set(item: Item, arguments: str, names: Any, values: Any) -> None:
    for path, default, value in assignments(arguments):
        holder, name = _place(item, path, names)
        if value:
            holder[name] = values[value]
        else:
            holder.setdefault(name, values[default])


@functools.cache
def assignments(arguments: str) -> tuple[tuple[str, str, str], ...]:
    found = tuple(match.groups("") for match in ASSIGNMENT.finditer(arguments))
    assert "".join(match.group() for match in ASSIGNMENT.finditer(arguments)) == arguments, arguments
    return found  # type: ignore[return-value]


def _remove(item: Item, arguments: str, names: Any, values: Any) -> None:  # noqa: ARG001 - as the others
    for path in arguments.split(","):
        holder, name = _place(item, path.strip(), names)
        holder.pop(name, None)


def _add(item: Item, arguments: str, names: Any, values: Any) -> None:
    path, value = arguments.split()
    holder, name = _place(item, path, names)
    (kind, added), present = next(iter(values[value].items())), holder.get(name)
    if kind == "N":
        holder[name] = {"N": str(int(added) + int(present["N"] if present else 0))}
    else:
        holder[name] = {kind: sorted({*added, *(present[kind] if present else ())})}


def _delete(item: Item, arguments: str, names: Any, values: Any) -> None:
    path, value = arguments.split()
    holder, name = _place(item, path, names)
    if name in holder:
        left = [each for each in holder[name]["SS"] if each not in values[value]["SS"]]
        if left:
            holder[name] = {"SS": left}
        else:
            del holder[name]


_APPLY = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}


def _place(item: Item, path: str, names: Any) -> tuple[Item, str]:
    """The map that a path leads to, copied so that nobody else's view changes, and the last name."""
    *outer, last = (names.get(part, part) for part in path.split("."))
    for part in outer:
        item[part] = {"M": dict(item[part]["M"])}
        item = item[part]["M"]
    return item, last


@functools.cache
def condition(expression: str) -> Any:
    """A condition expression as a function of the item, the names and the values."""
    tokens = TOKEN.findall(expression)
    assert "".join(tokens) == re.sub(r"\s", "", expression), expression
    parser = _Parser(tokens)
    parsed = parser.either()
    assert not parser.tokens, parser.tokens
    return parsed


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = list(tokens)

    def either(self) -> Any:
        parts = [self.both()]
        while self._take("OR"):
            parts.append(self.both())
        return lambda item, names, values: any(part(item, names, values) for part in parts)

    def both(self) -> Any:
        parts = [self.negated()]
        while self._take("AND"):
            parts.append(self.negated())
        return lambda item, names, values: all(part(item, names, values) for part in parts)

    def negated(self) -> Any:
        if self._take("NOT"):
            inner = self.negated()
            return lambda item, names, values: not inner(item, names, values)
        if self._take("("):
            inner = self.either()
            self._must("(", ")")
            return inner
        return self._test()

    def _test(self) -> Any:
        name = self.tokens.pop(0)
        if name in ("attribute_not_exists", "attribute_exists", "contains"):
            arguments = list(self._arguments())
            wanted = name == "attribute_exists"
            if name == "contains":
                held, sought = arguments
                return lambda i, n, v: sought(i, n, v) in (held(i, n, v) or ())
            return lambda i, n, v: (arguments[0](i, n, v) is not None) is wanted
        left = self._operand(name)
        sign = self.tokens.pop(0)
        if sign == "IN":
            options = list(self._arguments())
            return lambda i, n, v: left(i, n, v) in [option(i, n, v) for option in options]
        right = self._operand(self.tokens.pop(0))
        compare: Any = _COMPARE[sign]

        def holds(item: Item, names: Any, values: Any) -> bool:
            one, other = left(item, names, values), right(item, names, values)
            return one is not None and other is not None and bool(compare(one, other))

        return holds

    def _operand(self, token: str) -> Any:
        if token == "size":
            (inner,) = self._arguments()
            return lambda i, n, v: len(inner(i, n, v))
        if token.startswith(":"):
            return lambda _, __, values: _comparable(values[token])
        return lambda item, names, _: _comparable(item.get(names.get(token, token)))

    def _arguments(self) -> Iterator[Any]:
        self._must("(")
        yield self._operand(self.tokens.pop(0))
        while self._take(","):
            yield self._operand(self.tokens.pop(0))
        self._must(")")

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def _must(self, *tokens: str) -> None:
        assert self._take(tokens[-1]), self.tokens


def _comparable(value: Any) -> Any:
    if value is None:
        return None
    ((kind, held),) = value.items()
    return int(held) if kind == "N" else held


_COMPARE = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
