"""The clients as AWS sees them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from lambdas.common.aws_clients import VERSION, client


@pytest.mark.usefixtures("aws")
def test_a_call_says_which_version_made_it() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
    assert client("sqs").meta.config.user_agent_extra == f"poolwarden/{VERSION}"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("aws")
def test_what_aws_tells_of_a_service_is_read_once_for_all_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(account: int) -> None:
        there = client("ec2", role_arn=f"arn:aws:iam::{account:012}:role/PoolwardenSpoke-Test")
        assert there.describe_addresses()["Addresses"] == []

    look(1)
    read: list[str] = []
    load = JSONFileLoader.load_file

    def counted(self: JSONFileLoader, path: str) -> Any:
        read.append(path)
        return load(self, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", counted)
    look(2)
    look(3)
    assert read == []


@pytest.mark.usefixtures("aws")
def test_a_client_is_built_once_for_each_region() -> None:
    assert client("ec2", "eu-west-1") is client("ec2", "eu-west-1")
    assert client("ec2", "eu-west-1").meta.region_name == "eu-west-1"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("service", "once", "attempts"), [("ec2", {}, 3), ("ec2", {"once": True}, 1), ("route53", {}, 8)]
)
def test_a_call_is_made_again_as_often_as_suits_the_service(service: Any, once: Any, attempts: int) -> None:
    config: Any = client(service, **once).meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": attempts}
    assert (config.read_timeout, config.connect_timeout) == (20, 3)
