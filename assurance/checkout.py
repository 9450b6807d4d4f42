"""Copies of this checkout under build/, in which something may be changed that must not be changed here."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = "lambdas"
BESIDE = ("cli", "docs", "infra", "report", "simulator", "tests", "app.py", "cdk.json", "poolwarden.yaml")
"""What the tests read besides the code."""


def copy(name: str, into: Path) -> None:
    """Copy a file or a folder of the checkout, by its name, into a folder."""
    source, target = ROOT / name, into / name
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(source, target)


def emptied(folder: Path) -> Path:
    """Give a folder with nothing in it: what an earlier run left there may not hold any more."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
