"""The Makefile: what it says of its targets, and what it sets up again."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from simulator import deploy
from simulator.deploy import CdkCli, DeployError, Programs

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def made(folder: Path, *arguments: str) -> str:
    """What `make` says with the project's Makefile in a folder."""
    shutil.copy(MAKEFILE, folder)
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_help_has_a_line_for_each_target(tmp_path: Path) -> None:
    phony = re.search(r"^\.PHONY: (setup .*)$", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    lines = made(tmp_path, "help").splitlines()
    assert sorted(line.split()[1] for line in lines) == sorted(phony[1].split())
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("is_there", [True, False])
def test_a_cdk_cli_that_is_gone_is_installed_again_although_its_stamp_is_there(
    tmp_path: Path,
    is_there: bool,  # noqa: FBT001
) -> None:
    inputs = ("requirements/dev.txt", "requirements/lambdas.txt", "package-lock.json", "infra/bundling.py")
    stamps = (".venv/setup.stamp", ".venv/bin/poolwarden", "node_modules/setup.stamp", "build/dependencies.stamp")
    for name in (*inputs, *stamps, *(["node_modules/.bin/cdk"] if is_there else [])):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert ("npm ci" in made(tmp_path, "--dry-run", "setup")) is not is_there


def test_who_needs_a_cdk_cli_that_is_gone_is_told_how_to_have_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    cli = CdkCli(Programs(), endpoint="http://127.0.0.1:1", account="123456789012", region="us-east-1")
    with pytest.raises(DeployError, match="run `make setup`"):
        cli.bootstrap()
