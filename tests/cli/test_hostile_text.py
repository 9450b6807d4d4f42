"""What comes from an account is text on a terminal: it is shown as it is, and steers nothing."""

from __future__ import annotations

import io
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cli import tables
from cli.failures import CommandError, explained
from tests.cli.test_tables import NOW, PLAN, decision

MARKUP = "[red]x[/red] [/bold] [link=https://evil.example]y[/link] :warning:"
ESCAPES = "\x1b[2J\x1b]8;;https://evil.example\x07a\x1b]8;;\x07\x9b31m\r\nforged line\u2028\u202eoops"
NASTY = st.text(st.sampled_from("[]/=\\:\x1b\x07\x9b\r\n\t\x00\u2028\u202e abc"), max_size=30)


def story(text: str) -> dict[str, Any]:
    return {
        "decision_id": "0123456789abcdef",
        "records": [decision(detail={"why": text, "actor": text, "resource": {"name": text}, text: [text]})],
        "proposal": {"answer": "approved", "until": NOW, "by": {"actor": text}},
        "notified": [{"outcome": "done", "reason": "off-pool", "time": NOW}],
        "undo_of": None,
        "undone_by": "fedcba9876543210",
        "log": [{"time": NOW, "function": "notify", "message": text}],
    }


def plan(text: str) -> dict[str, Any]:
    return {**PLAN, "decisions": [decision(detail={"why": text})], "errors": [{"what": text, "error": text}]}


def printed(what: str, found: Any) -> str:
    """What a command writes, with the console that it writes to, as a terminal would get it."""
    console = tables.console()
    console.file = io.StringIO()
    getattr(tables, what)(console, tables.harmless(found))
    return str(console.file.getvalue())


@settings(max_examples=25, deadline=None)
@given(text=NASTY)
def test_no_text_steers_the_terminal_or_stops_a_command(text: str) -> None:
    for shown in (printed("story", story(f"n{text}")), printed("plan", plan(f"n{text}"))):
        assert all(line.isprintable() for line in shown.split("\n"))


def test_brackets_and_colons_stay_what_they_are() -> None:
    shown = "".join(printed("story", story(MARKUP)).split())

    assert "[red]x[/red]" in shown
    assert "[link=https://evil.example]y[/link]:warning:" in shown


def test_a_line_cannot_be_forged() -> None:
    shown = printed("plan", plan(ESCAPES))

    assert not any(line.strip().startswith("forged") for line in shown.split("\n"))
    assert "\x1b" not in shown


def test_an_error_of_awss_is_one_line_that_steers_nothing() -> None:
    assert explained(CommandError(ESCAPES)).isprintable()
