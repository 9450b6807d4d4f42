"""The configuration of Poolwarden: `poolwarden.yaml`, read and judged when the app is synthesised."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from infra.config.document import read
from infra.config.problems import ConfigError
from infra.config.schema import AlignAlbs, Config, RefillPools, ReleaseEips
from infra.config.validation import error_of, examine, validate

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "AlignAlbs",
    "Config",
    "ConfigError",
    "RefillPools",
    "ReleaseEips",
    "load",
    "load_or_exit",
    "validate",
]


def load(path: Path) -> Config:
    """Read and judge a configuration file; ConfigError names everything that is wrong, a line for each."""
    document, problems = read(path)
    config, problems = examine(document, problems)
    if problems:
        raise error_of(document, problems)
    return config


def load_or_exit(path: Path) -> Config:
    """Read a configuration file for a command: on a mistake say what is wrong, and exit with status 1.

    What is no mistake, and may still not be meant, is said too.
    """
    try:
        config = load(path)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
    if "refill_pools" in config.remediations and config.refill_pools and not config.refill_pools.pools:
        sys.stderr.write(f"{path}: refill_pools.pools has no rule: no pool is looked after\n")
    return config
