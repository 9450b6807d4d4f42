from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudwatch.metric_math import Scope, Value, evaluate
from simulator.cloudwatch.syntax import ExpressionError

SERIES = {
    "m1": {0.0: 1.0, 60.0: 2.0, 120.0: 3.0},
    "m2": {0.0: 10.0, 120.0: 0.0},
    "errors": {60.0: 5.0},
    "empty": dict[float, float](),
}


def value(expression: str) -> Value:
    return evaluate(expression, Scope(lookup=SERIES.__getitem__, metrics=SERIES, times=[0.0, 60.0, 120.0]))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("8 / 4 / 2", 1),
        ("-2 * -3", 6),
        ("2 - -1", 3),
        ("1.5e2", 150),
        ("1 + 1 == 2", 1),
        ("1 > 2 OR 3 >= 3 AND 2 != 2", 0),
        ("1 < 2 || 0", 1),
        ("1 && 0", 0),
    ],
)
def test_numbers_follow_the_usual_precedence(expression: str, expected: float) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 * 100", {0: 100, 60: 200, 120: 300}),
        ("100 - m1", {0: 99, 60: 98, 120: 97}),
        ("m1 + m2", {0: 11, 120: 3}),
        ("m1 / m2", {0: 0.1}),
        ("m1 > 1", {0: 0, 60: 1, 120: 1}),
        ("-m1", {0: -1, 60: -2, 120: -3}),
        ("m1 > MAX(empty)", {}),
        ("IF(m1 > 1, m1, 0)", {0: 0, 60: 2, 120: 3}),
        ("IF(m1 > 1, m2, -1)", {0: -1, 120: 0}),
        ("IF(1 > 2, m1, m2)", {0: 10, 120: 0}),
        ("FILL(m2, 7)", {0: 10, 60: 7, 120: 0}),
        ("FILL(m2, m1)", {0: 10, 60: 2, 120: 0}),
        ("FILL(m2, REPEAT)", {0: 10, 60: 10, 120: 0}),
        ("FILL(errors, REPEAT)", {60: 5, 120: 5}),
        ("m1 / FILL(m2, 1)", {0: 0.1, 60: 2}),
        ("SUM([m1, m2])", {0: 11, 60: 2, 120: 3}),
        ("MAX([m1, m2, errors])", {0: 10, 60: 5, 120: 3}),
        ("MIN([m1, m2])", {0: 1, 60: 2, 120: 0}),
        ("AVG([m1, m2])", {0: 5.5, 60: 2, 120: 1.5}),
        ('SUM(METRICS("m"))', {0: 11, 60: 2, 120: 3}),
        ("SUM(METRICS())", {0: 11, 60: 7, 120: 3}),
        ("SUM(FILL(METRICS(), 0)) / SUM(m1)", {0: 11 / 6, 60: 7 / 6, 120: 0.5}),
    ],
)
def test_time_series_are_combined_period_by_period(expression: str, expected: dict[float, float]) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("MAX(m1)", 3), ("MIN(m1)", 1), ("SUM(m1)", 6), ("AVG(m1)", 2), ("AVG(m1) * 2", 4)],
)
def test_an_aggregate_of_one_series_is_a_number(expression: str, expected: float) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("m1 +", "the end of the expression at position 4"),
        ("(m1", "Expected ) but found the end"),
        ("m1 m2", "Expected an operator"),
        ("m1 @ 2", "Unexpected character '@' at position 3"),
        ("RATE(m1)", "Function RATE is not supported at position 0"),
        ("1 + IF(m1, 2)", "Expected 3 arguments but found 2 at position 4"),
        ("METRICS() * 2", "no array"),
        ("MAX(3)", "not a number at position 0"),
        ("FILL(1, 2)", "Expected a time series"),
        ("[1]", "an element of an array"),
        ('"m1"', "argument of METRICS"),
        ("((((" * 20, "Too deeply nested"),
    ],
)
def test_what_is_not_understood_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        value(expression)
    assert message in str(raised.value)


@given(
    st.recursive(
        st.integers(1, 9).map(str),
        lambda part: st.tuples(part, st.sampled_from("+-*"), part).map(
            lambda found: f"({found[0]} {found[1]} {found[2]})"
        ),
        max_leaves=12,
    )
)
def test_arithmetic_agrees_with_python(expression: str) -> None:
    assert value(expression) == eval(expression)  # noqa: S307 - digits, operators and parentheses made above
