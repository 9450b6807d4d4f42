"""The list of promises that are broken on purpose: it holds for the code as it is, and what is missed is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assurance import breaks
from assurance.break_list import BREAKS, Break

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("each", BREAKS, ids=[each.name for each in BREAKS])
def test_what_a_break_replaces_stands_exactly_once_in_its_file(each: Break) -> None:
    text = (REPOSITORY / each.file).read_text(encoding="utf-8")

    compile(breaks.broken(text, each), each.file, "exec")


@pytest.mark.parametrize("text", ["", "a limit, a limit"])
def test_a_text_that_is_not_there_exactly_once_is_no_break(text: str) -> None:
    each = replace(BREAKS[0], name="limits", file="limits.py", text="a limit")

    with pytest.raises(ValueError, match=r"limits: its text stands \d times in limits.py, not once"):
        breaks.broken(text, each)


def test_every_promise_is_broken_and_every_break_has_a_name_of_its_own() -> None:
    assert {each.promise for each in BREAKS} == set(range(1, 9))
    assert len({each.name for each in BREAKS}) == len(BREAKS)


@pytest.mark.parametrize(("by", "status", "told"), [("seed 7", 0, "named by seed 7"), ("", 1, "missed")])
def test_a_promise_that_no_judge_names_is_missed(
    by: str, status: int, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(breaks, "BUILD", tmp_path)
    monkeypatch.setattr(breaks, "JUDGES", {"soak": lambda *_: by})
    each = next(each for each in BREAKS if each.judges == ("soak",))

    assert breaks.main([each.name]) == status
    assert capsys.readouterr().out == f"promise {each.promise}, {each.name}, soak: {told}\n"
    assert each.replacement in (tmp_path / each.name / each.file).read_text(encoding="utf-8")


def test_an_interrupt_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(breaks, "BUILD", tmp_path)
    monkeypatch.setattr(breaks, "JUDGES", dict.fromkeys(breaks.JUDGES, interrupted))

    assert breaks.main([BREAKS[0].name]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")


def test_a_judge_keeps_its_files_where_they_are_removed_with_it(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text("import tempfile; print(tempfile.mkdtemp())", encoding="utf-8")

    left = Path(breaks._run(tmp_path, "judge").stdout.strip())

    assert left.parent.name.startswith("poolwarden-breaks-")
    assert not left.parent.exists()
