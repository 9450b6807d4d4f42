"""The kill switch lets changes pass only while it says so, plainly and now."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ConnectTimeoutError

from lambdas.common import switch
from tests.lambdas.account import MODE

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("aws")


def test_deployed_lets_changes_pass() -> None:
    assert switch.allows_changes()


@pytest.mark.parametrize("value", ["observe", "enforce", "Deployed", " deployed", "off"])
def test_anything_else_does_not(value: str) -> None:
    boto3.client("ssm").put_parameter(Name=MODE, Value=value, Overwrite=True)
    assert not switch.allows_changes()


def test_a_missing_parameter_does_not() -> None:
    boto3.client("ssm").delete_parameter(Name=MODE)
    assert not switch.allows_changes()


@pytest.mark.parametrize(
    ("ask", "name"),
    [(switch.allows_changes, MODE), (functools.partial(switch.is_open, "Freeze"), "Freeze")],
    ids=["switch", "calendar"],
)
def test_no_answer_does_not_and_is_logged_with_what_was_asked_for_and_the_error(
    ask: Callable[[], bool], name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def silent(*_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://ssm")

    monkeypatch.setattr(BaseClient, "_make_api_call", silent)
    assert not ask()
    (entry,) = (each for each in caplog.records if each.name == "switch")
    assert entry.getMessage().endswith(f"{name} cannot be read: nothing is changed")
    assert entry.exc_info
    assert entry.exc_info[0] is ConnectTimeoutError


def test_thrown_between_two_changes_it_counts_for_the_second() -> None:
    assert switch.allows_changes()
    boto3.client("ssm").put_parameter(Name=MODE, Value="observe", Overwrite=True)
    assert not switch.allows_changes()


def test_it_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODE_PARAMETER", "/another/mode")
    assert not switch.allows_changes()
    boto3.client("ssm").put_parameter(Name="/another/mode", Value="deployed", Type="String")
    assert switch.allows_changes()


def test_without_a_name_of_its_own_it_is_where_people_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODE_PARAMETER")
    assert switch.parameter_name() == "/poolwarden/mode"
