"""How `python -m bench` ends when somebody has had enough of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import __main__ as command

if TYPE_CHECKING:
    import pytest


def test_an_interrupt_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "BENCHMARKS", {"long": interrupted})

    assert command.main(["long"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
