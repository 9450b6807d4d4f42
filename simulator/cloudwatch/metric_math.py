"""CloudWatch metric math, as far as alarms need it.

User guide, "Using math expressions with CloudWatch metrics": + - * / and parentheses, comparisons, AND, OR,
and the functions IF, FILL, METRICS, MAX, MIN, SUM and AVG. Every other function is refused by name.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.cloudwatch.math_syntax import Binary, Call, List, Name, Node, Number, Text, parse
from simulator.cloudwatch.syntax import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Series = Mapping[float, float]
"""The value of each period that has one, by the period's start."""

Value = float | Series | tuple[Series, ...]
"""What an expression can be: a scalar, a time series, or an array of time series."""

_NO_VALUE = math.nan


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can see: other queries by id, all metrics for METRICS(), every period's start."""

    lookup: Callable[[str], Value]
    metrics: Mapping[str, Series]
    times: Sequence[float]


def evaluate(expression: str, scope: Scope) -> Value:
    """Evaluate an expression. Raises ExpressionError for what AWS, or this simulation, does not know."""
    return _value(parse(expression), scope)


def _value(node: Node, scope: Scope) -> Value:
    match node:
        case Number(value):
            return value
        case Name(name):
            return scope.lookup(name)
        case List(items):
            return tuple(_series(_value(item, scope), "an element of an array") for item in items)
        case Binary(symbol, left, right):
            return _binary(_OPERATORS[symbol], _value(left, scope), _value(right, scope))
        case Call(name, arguments, position) if name in _FUNCTIONS:
            try:
                return _FUNCTIONS[name](arguments, scope)
            except ExpressionError as error:
                raise (error if error.position is not None else ExpressionError(str(error), position)) from error
        case Call(name, _, position):
            raise ExpressionError(f"Function {name} is not supported", position)
        case Text():
            raise ExpressionError("A text is only allowed as the argument of METRICS")


def _divide(left: float, right: float) -> float:
    return left / right if right else _NO_VALUE


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "AND": lambda left, right: bool(left) and bool(right),
    "OR": lambda left, right: bool(left) or bool(right),
}
"""Truth is 1 and 0, as in CloudWatch; AND and OR take any other number than 0 as true."""


def _binary(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Combine period by period; a period in which one side has no value gets none."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        raise ExpressionError("An operator takes no array of time series; use MAX, MIN, SUM or AVG of it")
    times = left.keys() if isinstance(left, Mapping) else right.keys() if isinstance(right, Mapping) else None
    if times is None:
        return _applied(function, _at(left, 0), _at(right, 0))
    return _finite({at: _applied(function, _at(left, at), _at(right, at)) for at in times})


def _applied(function: Callable[[float, float], float], left: float, right: float) -> float:
    return _NO_VALUE if math.isnan(left) or math.isnan(right) else float(function(left, right))


def _at(value: float | Series, at: float) -> float:
    return value.get(at, _NO_VALUE) if isinstance(value, Mapping) else value


def _finite(series: Series) -> Series:
    return {at: value for at, value in series.items() if math.isfinite(value)}


def _series(value: Value, what: str) -> Series:
    if not isinstance(value, Mapping):
        raise ExpressionError(f"Expected a time series as {what}")
    return value


def _scalar_or_series(value: Value, what: str) -> float | Series:
    if isinstance(value, tuple):
        raise ExpressionError(f"Expected a number or a time series as {what}")
    return value


def _need(arguments: Sequence[Node], count: int) -> None:
    if len(arguments) != count:
        raise ExpressionError(f"Expected {count} arguments but found {len(arguments)}")


def _if(arguments: Sequence[Node], scope: Scope) -> Value:
    _need(arguments, 3)
    values = [_scalar_or_series(_value(node, scope), "an argument of IF") for node in arguments]
    condition, then, otherwise = values
    if not isinstance(condition, Mapping):
        return then if condition else otherwise
    return _finite({at: _at(then if truth else otherwise, at) for at, truth in condition.items()})


def _fill(arguments: Sequence[Node], scope: Scope) -> Value:
    _need(arguments, 2)
    value = _value(arguments[0], scope)
    if isinstance(value, tuple):
        return tuple(_filled(series, arguments[1], scope) for series in value)
    return _filled(_series(value, "the first argument of FILL"), arguments[1], scope)


def _filled(series: Series, filler: Node, scope: Scope) -> Series:
    if filler != Name("REPEAT"):
        fill = _scalar_or_series(_value(filler, scope), "the second argument of FILL")
        return _finite({at: series.get(at, _at(fill, at)) for at in scope.times})
    filled = {}
    last = _NO_VALUE
    for at in scope.times:
        last = series.get(at, last)
        filled[at] = last
    return _finite(filled)


def _metrics(arguments: Sequence[Node], scope: Scope) -> Value:
    part = ""
    if arguments:
        _need(arguments, 1)
        if not isinstance(arguments[0], Text):
            raise ExpressionError("METRICS takes a part of the ids wanted, in double quotes")
        part = arguments[0].value
    return tuple(series for name, series in scope.metrics.items() if part in name)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _aggregate(function: Callable[[Sequence[float]], float]) -> Callable[[Sequence[Node], Scope], Value]:
    """Reduce an array to a time series, over the values that each period has, or a series to a scalar."""

    def aggregated(arguments: Sequence[Node], scope: Scope) -> Value:
        _need(arguments, 1)
        value = _scalar_series_or_array(_value(arguments[0], scope))
        if isinstance(value, Mapping):
            return float(function(list(value.values()))) if value else _NO_VALUE
        times = sorted({at for series in value for at in series})
        return {at: float(function([series[at] for series in value if at in series])) for at in times}

    return aggregated


def _scalar_series_or_array(value: Value) -> Series | tuple[Series, ...]:
    if isinstance(value, (Mapping, tuple)):
        return value
    raise ExpressionError("Expected a time series or an array of them, not a number")


_FUNCTIONS: dict[str, Callable[[Sequence[Node], Scope], Value]] = {
    "IF": _if,
    "FILL": _fill,
    "METRICS": _metrics,
    "MAX": _aggregate(max),
    "MIN": _aggregate(min),
    "SUM": _aggregate(sum),
    "AVG": _aggregate(_mean),
}
