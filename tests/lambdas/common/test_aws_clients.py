"""The clients as AWS sees them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lambdas.common.aws_clients import VERSION, client


@pytest.mark.usefixtures("aws")
def test_a_call_says_which_version_made_it() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
    assert client("sqs").meta.config.user_agent_extra == f"poolwarden/{VERSION}"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("aws")
def test_a_client_is_built_once_for_each_region() -> None:
    assert client("ec2", "eu-west-1") is client("ec2", "eu-west-1")
    assert client("ec2", "eu-west-1").meta.region_name == "eu-west-1"
