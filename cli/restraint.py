"""What keeps the deployed functions from changing anything at this moment: the kill switch, the change calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.common.errors import code_of
from lambdas.common.switch import DEFAULT_PARAMETER, LETS_CHANGE

if TYPE_CHECKING:
    from cli.aws import Aws

NO_CALENDAR = frozenset({"InvalidDocument", "InvalidDocumentType"})


def reason(aws: Aws, change_calendar: str | None) -> str | None:
    """Give the reason code under which nothing is changed now; None where changes may be made."""
    if switch(aws) != LETS_CHANGE:
        return "switched-off"
    return "change-freeze" if calendar(aws, change_calendar) not in {None, "OPEN"} else None


def switch(aws: Aws) -> str | None:
    """Read the kill switch; None where its parameter is gone, which stops every change too."""
    try:
        value: str = aws.client("ssm").get_parameter(Name=DEFAULT_PARAMETER)["Parameter"]["Value"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        return None
    return value


def calendar(aws: Aws, name: str | None) -> str | None:
    """Read the state of the change calendar, OPEN or CLOSED, or MISSING; None where none is configured."""
    if name is None:
        return None
    try:
        state: str = aws.client("ssm").get_calendar_state(CalendarNames=[name])["State"]
    except ClientError as error:
        if code_of(error) not in NO_CALENDAR:
            raise
        return "MISSING"
    return state
