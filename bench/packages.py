"""The functions' code as it is deployed, and packages as they are installed here, both without any bytecode."""

from __future__ import annotations

import importlib.util
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from infra.bundling import ROOT, staged
from infra.config import load

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_SHIPPED = shutil.ignore_patterns("__pycache__")


@cache
def asset() -> Path:
    """Stage what is deployed with the configuration of the checkout, once."""
    return staged(load(ROOT / "poolwarden.yaml"))


def copy(names: Iterable[str], folder: Path) -> None:
    """Copy installed packages and modules, by their names."""
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / name, ignore=NOT_SHIPPED)
        else:
            shutil.copy(origin, folder)
