"""Which configuration `python -m simulator` deploys, and when its time begins."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulator import command

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.server import Options

ROOT = Path(__file__).resolve().parents[2]
CONFIG = "mode: observe\nrefill_pools: {}\n"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Options]:
    """What a command line would have served, in a folder with two configurations."""
    for name in ("given", "named"):
        (tmp_path / f"{name}.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POOLWARDEN_CONFIG", raising=False)
    runs: list[Options] = []
    monkeypatch.setattr(command, "bind", lambda _port: None)

    def serve(options: Options, _listener: None) -> int:
        runs.append(options)
        return 0

    monkeypatch.setattr(command, "serve", serve)

    def run(*arguments: str, environment: str | None = None) -> Options:
        if environment is not None:
            monkeypatch.setenv("POOLWARDEN_CONFIG", environment)
        assert command.main([*arguments]) == 0
        return runs[-1]

    return run


@pytest.fixture
def deployed(served: Callable[..., Options]) -> Callable[..., Path | None]:
    """What a command line would have deployed; None for what suits a scenario."""
    return lambda *arguments, environment=None: served(*arguments, environment=environment).config


def test_the_default_is_the_file_beside_cdk_json_wherever_one_stands(deployed: Callable[..., Path | None]) -> None:
    assert deployed() == ROOT / "poolwarden.yaml"
    assert deployed(environment="") == ROOT / "poolwarden.yaml"


def test_the_environment_names_another(deployed: Callable[..., Path | None], tmp_path: Path) -> None:
    assert deployed(environment="named.yaml") == tmp_path / "named.yaml"


def test_what_the_command_line_names_goes_before_all(deployed: Callable[..., Path | None], tmp_path: Path) -> None:
    given = tmp_path / "given.yaml"
    assert deployed("--config", "given.yaml", environment="named.yaml") == given
    assert deployed("--config", "given.yaml", "--scenario", "start-up") == given


def test_a_scenario_has_its_own_whatever_the_environment_names(deployed: Callable[..., Path | None]) -> None:
    assert deployed("--scenario", "start-up", environment="named.yaml") is None


def test_a_mistake_in_what_the_environment_names_ends_it_before_anything_starts(
    deployed: Callable[..., Path | None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "named.yaml").write_text("mode: perhaps\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="1"):
        deployed(environment="named.yaml")
    assert "mode" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["2026-12-24T07:45Z", "2026-12-24T08:45+01:00"])
def test_the_time_begins_where_it_is_told_to(served: Callable[..., Options], text: str) -> None:
    assert served("--clock", text).clock == datetime(2026, 12, 24, 7, 45, tzinfo=UTC)
    assert served().clock is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--clock", "07:45"], "'07:45' is no time with a zone, as in 2026-12-24T07:45Z"),
        (["--clock", "2026-12-24T07:45"], "no time with a zone"),
        (["--clock", "2026-12-24T07:45Z", "--live"], "not with --live"),
    ],
)
def test_a_time_that_nothing_could_begin_at_is_refused(
    served: Callable[..., Options], capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        served(*arguments)
    assert why in capsys.readouterr().err
