from __future__ import annotations

from datetime import timedelta

import pytest

from infra.config.schedules import period, schedule

TAKEN = [
    "rate(1 minute)",
    "rate(5 minutes)",
    "rate(1 hour)",
    "rate(12 hours)",
    "rate(1 day)",
    "rate(7 days)",
    # the examples of the EventBridge user guide
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0 9 ? * 2#1 *)",
    "cron(15 10 ? * 6L 2022-2023)",
    "cron(0 0 L * ? *)",
    "cron(0 0 3W * ? *)",
    "cron(0 0 ? JAN,JUL SAT 1970/2)",
    "cron(5,10,15 */2 1-15/3 * ? 2199)",
]

REFUSED = [
    ("rate(1 hours)", "write rate(1 hour)"),
    ("rate(5 minute)", "write rate(5 minutes)"),
    ("rate(0 minutes)", "whole number from 1"),
    ("rate(05 minutes)", "without leading zeros"),
    ("rate(5 seconds)", "its units are minutes, hours and days"),
    ("rate(1.5 hours)", "rate(15 minutes) or cron("),
    ("rate(5  minutes)", "rate(15 minutes) or cron("),
    ("Rate(5 minutes)", "rate(15 minutes) or cron("),
    ("at(2030-01-01T00:00:00)", "rate(15 minutes) or cron("),
    ("0 8 * * ? *", "rate(15 minutes) or cron("),
    (15, "rate(15 minutes) or cron("),
    ("cron(0 8 * * ?)", "has 5 fields"),
    ("cron(0 0 8 * * ? *)", "has 7 fields"),
    ("cron()", "has 0 fields"),
    ("cron(60 8 * * ? *)", 'cannot have "60" as its minutes: allowed are 0-59, and , - * /'),
    ("cron(0 24 * * ? *)", 'cannot have "24" as its hours'),
    ("cron(0 8 0 * ? *)", 'cannot have "0" as its day-of-month'),
    ("cron(0 8 32W * ? *)", 'cannot have "32W" as its day-of-month'),
    ("cron(0 8 * 13 ? *)", 'cannot have "13" as its month: allowed are 1-12 or JAN-DEC, and , - * /'),
    ("cron(0 8 * L ? *)", 'cannot have "L" as its month'),
    ("cron(0 8 ? * 8 *)", 'cannot have "8" as its day-of-week'),
    ("cron(0 8 ? * MON/2 *)", 'cannot have "MON/2" as its day-of-week'),
    ("cron(0 8 ? * 3#6 *)", 'cannot have "3#6" as its day-of-week'),
    ("cron(0 8 ? * 3#1,5#1 *)", 'cannot have "3#1,5#1" as its day-of-week'),
    ("cron(0 8 * * ? 1969)", 'cannot have "1969" as its year'),
    ("cron(0 8-6 * * ? *)", 'cannot have "8-6" as its hours'),
    ("cron(0 */0 * * ? *)", 'cannot have "*/0" as its hours'),
    ("cron(? 8 * * ? *)", 'cannot have "?" as its minutes'),
    ("cron(0 8,, * * ? *)", 'cannot have "8,," as its hours'),
    ("cron(0 8 * * * *)", "exactly one of its day-of-month and day-of-week"),
    ("cron(0 8 1 * MON *)", "exactly one of its day-of-month and day-of-week"),
    ("cron(0 8 ? * ? *)", "exactly one of its day-of-month and day-of-week"),
]


@pytest.mark.parametrize("expression", TAKEN)
def test_what_eventbridge_takes_is_accepted(expression: str) -> None:
    assert schedule(expression) == expression


@pytest.mark.parametrize(("expression", "reason"), REFUSED)
def test_what_eventbridge_refuses_is_refused_with_its_reason(expression: object, reason: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the words are what is asserted
        schedule(expression)

    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("expression", "longest"),
    [
        ("rate(15 minutes)", timedelta(minutes=15)),
        ("rate(1 day)", timedelta(days=1)),
        ("cron(0/15 * * * ? *)", timedelta(hours=1)),
        ("cron(0 8 * * ? *)", timedelta(days=1)),
        ("cron(0 8 ? * MON-FRI *)", timedelta(days=7)),
        ("cron(0 8 ? * 2#1 *)", timedelta(days=31)),
        ("cron(0 8 1 * ? *)", timedelta(days=31)),
        ("cron(0 8 1 1 ? *)", timedelta(days=366)),
    ],
)
def test_two_runs_of_a_schedule_are_no_further_apart_than_its_period(expression: str, longest: timedelta) -> None:
    assert period(expression) == longest
