"""The configuration, as synth reads it: from `--config`, POOLWARDEN_CONFIG, or beside `cdk.json`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from infra import config
from lambdas.common.settings import Settings

DEFAULT = Path(__file__).resolve().parent.parent / "poolwarden.yaml"


def document_or_exit(path: Path | None) -> dict[str, Any]:
    """Read and judge the configuration; on a mistake say what synth would say, and exit with status 1.

    It is given as the functions get it: see `Config.runtime_settings()`.
    """
    named = path or os.environ.get("POOLWARDEN_CONFIG") or DEFAULT
    return config.load_or_exit(Path(named)).runtime_settings()


def settings_or_exit(path: Path | None) -> Settings:
    """Read and judge the configuration as plain values."""
    return Settings.from_document(document_or_exit(path))
