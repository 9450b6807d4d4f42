"""The tables of the user guide, "Configuring how CloudWatch alarms treat missing data"."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudwatch.definition import TreatMissingData
from simulator.cloudwatch.judgement import StateValue, breaches, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

TREATMENTS: tuple[TreatMissingData, ...] = get_args(TreatMissingData)
STATES: tuple[StateValue, ...] = get_args(StateValue)
SYMBOLS = {"0": False, "X": True, "-": None}

RETAIN = "retain current state"
THREE_OF_THREE = [
    # datapoints, missing, ignore, breaching, notBreaching
    ("0 - X - X", "OK", "OK", "OK", "OK"),
    ("0 - - - -", "OK", "OK", "OK", "OK"),
    ("- - - - -", "INSUFFICIENT_DATA", RETAIN, "ALARM", "OK"),
    ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("- - X - -", "ALARM", RETAIN, "ALARM", "OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 - X - -", "OK", "OK", "ALARM", "OK"),
    ("- - - - 0", "OK", "OK", "ALARM", "OK"),
    ("- - - X -", "ALARM", RETAIN, "ALARM", "OK"),
]
EARLIER_EDITION = [
    # Rows that only an earlier edition of the page has, and its text on premature transitions still implies.
    (3, "- - - - X", "INSUFFICIENT_DATA", RETAIN, "ALARM", "OK"),
    (3, "- - - X -", "INSUFFICIENT_DATA", RETAIN, "ALARM", "OK"),
    (3, "X - - - -", "ALARM", RETAIN, "ALARM", "OK"),
    (2, "- - - - X", "INSUFFICIENT_DATA", RETAIN, "ALARM", "OK"),
]
ROWS = [
    *((3, *row) for row in THREE_OF_THREE),
    *((2, *row) for row in TWO_OF_THREE),
    *EARLIER_EDITION,
]


def judged(
    datapoints: Sequence[bool | None],
    treatment: TreatMissingData,
    *,
    needed: int,
    current: StateValue,
    periods: int = 3,
) -> StateValue:
    return judge(
        datapoints,
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
        treat_missing_data=treatment,
        current=current,
    )


@pytest.mark.parametrize("current", STATES)
@pytest.mark.parametrize(("needed", "datapoints", "missing", "ignore", "breaching", "not_breaching"), ROWS)
def test_the_state_is_the_one_in_the_guides_table(
    needed: int,
    datapoints: str,
    missing: str,
    ignore: str,
    breaching: str,
    not_breaching: str,
    current: StateValue,
) -> None:
    row = [SYMBOLS[symbol] for symbol in datapoints.split()]
    expected = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    found = {treatment: judged(row, treatment, needed=needed, current=current) for treatment in TREATMENTS}
    assert found == {treatment: current if state == RETAIN else state for treatment, state in expected.items()}


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        ("GreaterThanThreshold", False, False, True),
        ("GreaterThanOrEqualToThreshold", False, True, True),
        ("LessThanThreshold", True, False, False),
        ("LessThanOrEqualToThreshold", True, True, False),
    ],
)
def test_each_operator_has_its_own_side_of_the_threshold(
    operator: str, *, below: bool, equal: bool, above: bool
) -> None:
    assert [breaches(value, operator, 20) for value in (19.9, 20, 20.1)] == [below, equal, above]


@given(
    datapoints=st.lists(st.booleans(), min_size=5, max_size=5),
    needed=st.integers(1, 3),
    treatment=st.sampled_from(TREATMENTS),
    current=st.sampled_from(STATES),
)
def test_without_a_gap_the_newest_n_alone_decide(
    datapoints: list[bool], needed: int, treatment: TreatMissingData, current: StateValue
) -> None:
    expected = "ALARM" if sum(datapoints[-3:]) >= needed else "OK"
    assert judged(datapoints, treatment, needed=needed, current=current) == expected


@given(
    datapoints=st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=8),
    periods=st.integers(1, 6),
    share=st.floats(0, 1),
    current=st.sampled_from(STATES),
)
def test_treating_missing_data_as_breaching_is_never_milder_than_as_not_breaching(
    datapoints: list[bool | None], periods: int, share: float, current: StateValue
) -> None:
    needed = max(1, round(share * periods))
    harsh, mild = (
        judged(datapoints, treatment, needed=needed, current=current, periods=periods)
        for treatment in ("breaching", "notBreaching")
    )
    assert {harsh, mild} <= {"OK", "ALARM"}
    assert harsh == "ALARM" or mild == "OK"
