"""The SQL of CloudWatch Metrics Insights: text to query.

User guide, "Query components and syntax in CloudWatch Metrics Insights". Resource tags (`tag.key`) and
`AWS.AccountId` are left out, and refused as syntax errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from simulator.cloudwatch.syntax import END, ExpressionError, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

Function = Literal["AVG", "COUNT", "MAX", "MIN", "SUM"]

MAX_SERIES = 500
"""Time series that a query returns at most, and the highest LIMIT."""

_FUNCTIONS: dict[str, Function] = {"AVG": "AVG", "COUNT": "COUNT", "MAX": "MAX", "MIN": "MIN", "SUM": "SUM"}

_KEYWORDS = "AND AS ASC BY DESC FROM GROUP LIMIT OR ORDER SCHEMA SELECT WHERE"
_NAMES_TAKEN = (
    "ACCOUNT CATALOG CLASS CLUSTER DATABASE DOMAIN ERROR LABEL LANGUAGE LOCALE METHOD MODULE OPERATION PATH "
    "PERCENT REQUEST RESOURCE ROLE RULE SCOPE SOURCE STATE SYSTEM TIME TYPE USAGE USER VALUE ZONE"
)
_RESERVED = frozenset([*_KEYWORDS.split(), *_FUNCTIONS, *_NAMES_TAKEN.split()])
"""Words that need double quotes as a name: the language's own, and of the 700 others that AWS reserves those
that name dimensions and metrics in practice (user guide, "Reserved keywords"). AWS/IPAM's `Locale` is one."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<name>"(?:[^"\\]|\\.)+")
      | (?P<value>'(?:[^'\\]|\\.)*')
      | (?P<word>\w+)
      | (?P<symbol>!=|[=(),])""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`label = 'value'`, or `!=`. A metric without that dimension matches neither, as NULL does in SQL."""

    label: str
    value: str
    equal: bool

    def matches(self, dimensions: Mapping[str, str]) -> bool:
        """Whether a metric of these dimensions is wanted."""
        return self.label in dimensions and (dimensions[self.label] == self.value) is self.equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """Conditions joined by AND (`every`) or by OR."""

    parts: tuple[Condition, ...]
    every: bool

    def matches(self, dimensions: Mapping[str, str]) -> bool:
        """Whether a metric of these dimensions is wanted."""
        found = (part.matches(dimensions) for part in self.parts)
        return all(found) if self.every else any(found)


Condition = Comparison | Junction


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A Metrics Insights query; `schema` is the exact set of dimensions wanted, None for any set."""

    function: Function
    metric: str
    namespace: str
    schema: frozenset[str] | None
    where: Condition | None
    group_by: tuple[str, ...]
    order_by: Function | None
    descending: bool
    limit: int


def is_query(expression: str) -> bool:
    """Whether an alarm's expression is a Metrics Insights query rather than metric math."""
    return re.match(r"\s*SELECT\b", expression, re.IGNORECASE) is not None


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Parse a query. Raises ExpressionError with the position of the first mistake."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = Tokens(text.rstrip().removesuffix(";"), _TOKEN)

    def query(self) -> Query:
        tokens = self._tokens
        tokens.expect("SELECT")
        function = self._function()
        tokens.expect("(")
        metric = self._name("a metric name")
        tokens.expect(")")
        tokens.expect("FROM")
        namespace, schema = self._source()
        where = self._either() if tokens.accept("WHERE") else None
        group_by = self._group_by()
        order_by, descending = self._order_by()
        limit = self._limit() if tokens.accept("LIMIT") else MAX_SERIES
        if tokens.current.kind != END:
            raise tokens.unexpected("the end of the query")
        return Query(
            function=function,
            metric=metric,
            namespace=namespace,
            schema=schema,
            where=where,
            group_by=group_by,
            order_by=order_by,
            descending=descending,
            limit=limit,
        )

    def _function(self) -> Function:
        function = _FUNCTIONS.get(self._tokens.current.text.upper())
        if function is None:
            raise self._tokens.unexpected("one of " + ", ".join(_FUNCTIONS))
        self._tokens.take()
        return function

    def _name(self, what: str) -> str:
        token = self._tokens.current
        if token.kind == "name":
            return _unquoted(self._tokens.take())
        if token.kind != "word":
            raise self._tokens.unexpected(what)
        if token.text.upper() in _RESERVED:
            raise ExpressionError(f"Reserved word {token.text!r} needs double quotes as {what}", token.position)
        return self._tokens.take().text

    def _names(self, what: str) -> list[str]:
        names = [self._name(what)]
        while self._tokens.accept(","):
            names.append(self._name(what))
        return names

    def _source(self) -> tuple[str, frozenset[str] | None]:
        if not self._tokens.accept("SCHEMA"):
            return self._name("a namespace"), None
        self._tokens.expect("(")
        namespace = self._name("a namespace")
        labels = self._names("a dimension") if self._tokens.accept(",") else []
        self._tokens.expect(")")
        return namespace, frozenset(labels)

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._tokens.accept("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Junction(parts=tuple(parts), every=False)

    def _both(self) -> Condition:
        parts = [self._comparison()]
        while self._tokens.accept("AND"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else Junction(parts=tuple(parts), every=True)

    def _comparison(self) -> Condition:
        tokens = self._tokens
        if tokens.accept("("):
            with tokens.nested():
                inner = self._either()
            tokens.expect(")")
            return inner
        label = self._name("a dimension")
        equal = tokens.accept("=")
        if not equal and not tokens.accept("!="):
            raise tokens.unexpected("= or !=")
        if tokens.current.kind != "value":
            raise tokens.unexpected("a value in single quotes")
        return Comparison(label=label, value=_unquoted(tokens.take()), equal=equal)

    def _group_by(self) -> tuple[str, ...]:
        if not self._tokens.accept("GROUP"):
            return ()
        self._tokens.expect("BY")
        return tuple(self._names("a dimension"))

    def _order_by(self) -> tuple[Function | None, bool]:
        tokens = self._tokens
        if not tokens.accept("ORDER"):
            return None, False
        tokens.expect("BY")
        function = self._function()
        tokens.expect("(")
        tokens.expect(")")
        descending = tokens.accept("DESC")
        if not descending:
            tokens.accept("ASC")
        return function, descending

    def _limit(self) -> int:
        token = self._tokens.current
        if not token.text.isdecimal() or not 1 <= int(token.text) <= MAX_SERIES:
            raise self._tokens.unexpected(f"a number from 1 to {MAX_SERIES}")
        self._tokens.take()
        return int(token.text)


def _unquoted(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])
