"""What counts as killed, and which modules are mutated by which tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assurance import mutation
from assurance.equivalents import EQUIVALENT

REPOSITORY = Path(__file__).resolve().parents[2]
FUNCTION, LINE = next(iter(EQUIVALENT))


def noted(folder: Path, statuses: dict[str, int | None], *, line: str = LINE) -> mutation.Score:
    """What is read of mutants with these statuses, each of which changes a line to this one."""
    path = folder / "plan.py.meta"
    path.write_text(json.dumps({"exit_code_by_key": statuses}), encoding="utf-8")
    difference = f"--- plan.py\n+++ plan.py\n@@ -1,3 +1,3 @@\n def f():\n-    before\n+    {line}\n     after\n"
    return mutation.read(path, "plan.py", lambda _mutant: difference)


def test_what_no_test_calls_survives_and_what_mypy_refuses_is_not_tried(tmp_path: Path) -> None:
    statuses: dict[str, int | None] = {
        "killed": 1,
        "timeout": 36,
        "refused": 37,
        "lives": 0,
        "untested": 33,
        f"{FUNCTION}__mutmut_9": 0,
    }
    score = noted(tmp_path, statuses)

    assert (score.refused, score.equivalent, score.killed) == (1, 1, 2)
    assert score.survivors == ("lives", "untested")
    assert score.share == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("mutant", "line"),
    [(f"{FUNCTION}__mutmut_9", f"{LINE} or not"), ("lambdas.notify.plan.x_message__mutmut_9", LINE)],
)
def test_a_mutant_is_equivalent_only_by_its_function_and_what_it_changes(
    mutant: str, line: str, tmp_path: Path
) -> None:
    assert noted(tmp_path, {mutant: 0}, line=line).survivors == (mutant,)


def test_what_is_equivalent_is_of_a_module_that_is_mutated() -> None:
    mutated = {source.removesuffix(".py").replace("/", ".") for group in mutation.GROUPS for source in group.sources}
    assert {function.rpartition(".x")[0] for function, _ in EQUIVALENT} <= mutated


def test_a_run_that_came_to_no_end_gives_no_figure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not every mutant was tried"):
        noted(tmp_path, {"killed": 1, "waiting": None})


@pytest.mark.parametrize(
    ("arguments", "tried"),
    [([], [group.name for group in mutation.GROUPS]), (["operate", "common"], ["operate", "common"])],
)
def test_the_groups_that_are_named_are_tried_or_else_all(
    arguments: list[str], tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    def try_group(group: mutation.Group) -> list[mutation.Score]:
        found.append(group.name)
        return []

    monkeypatch.setattr(mutation, "try_group", try_group)
    assert mutation.main(arguments) == 0
    assert found == tried


def test_a_group_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        mutation.main(["unheard-of"])
    assert "'unheard-of' is none of align_albs, common" in capsys.readouterr().err


def test_every_module_and_every_test_of_the_list_exists_and_every_plan_is_in_it() -> None:
    listed = {source for group in mutation.GROUPS for source in group.sources}
    tests = {REPOSITORY / "tests" / "lambdas" / test for group in mutation.GROUPS for test in group.tests}

    assert [path for path in tests if not path.is_file()] == []
    assert {str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("lambdas/*/plan.py")} <= listed
    assert [source for source in listed if not (REPOSITORY / source).is_file()] == []
