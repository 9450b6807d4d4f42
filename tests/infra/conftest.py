"""The CDK runs on the Node that comes with the environment."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_cdk.assertions import Template

    from lambdas.common.settings import Mode

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

TELLING = """
  slack: {workspace_id: T0123456789, channel_id: C0123456789}
change_calendar: ReleaseFreeze
"""


@pytest.fixture(scope="session")
def telling_hub(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The hub that only observes, with every way of telling people."""
    from tests.infra.test_hub import synthesised  # noqa: PLC0415 - the CDK takes seconds to load

    return synthesised(tmp_path_factory.mktemp("telling"), "observe", TELLING)


@pytest.fixture(scope="session")
def stacks_in() -> Callable[[Mode], Mapping[str, Mapping[str, Any]]]:
    """The templates of all stacks in a mode, with everything configured that asks for something of its own."""
    from infra.permissions_page import templates  # noqa: PLC0415 - the CDK takes seconds to load

    return functools.cache(templates)
