"""What went wrong, in one line for a person: what it was, and what to do about it. No stack trace."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from botocore import exceptions as aws

from lambdas.common.errors import ACCESS_DENIED, AwsError, code_of
from lambdas.notify.message import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 300

DENIED = ACCESS_DENIED | {"AuthorizationError", "AuthorizationErrorException"}
"""The codes under which AWS's services refuse a permission; SNS has one of its own."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
UNKNOWN_CALLER = frozenset(
    {
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)

LOG_IN = "log in (`aws sso login`, `aws configure`), or name another --profile"

_NAMED = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)")
_Found = TypeVar("_Found")


class CommandError(Exception):
    """A command cannot do what was asked; the message is one line for the person who asked."""


FAILURES = (*AwsError, CommandError)
"""What a command may meet that is no mistake of ours."""


def tried(what: str, find: Callable[[], _Found], errors: list[dict[str, str]]) -> _Found | None:
    """Find out one thing; what cannot be found out is added as `{what, error}`, and keeps nobody from the rest."""
    try:
        return find()
    except FAILURES as error:
        errors.append({"what": what, "error": explained(error)})
        return None


def explained(error: Exception) -> str:
    """Say in one line what an error of an AWS call, or of getting ready for one, means."""
    match error:
        case aws.ClientError():
            return _refused(error)
        case aws.NoCredentialsError() | aws.PartialCredentialsError() | aws.CredentialRetrievalError():
            return f"no AWS credentials: {LOG_IN}"
        case aws.NoRegionError() | aws.InvalidRegionError():
            return "no Region: give --region or set AWS_REGION; the hub is in the home Region of the IPAM"
        case aws.SSOError() | aws.TokenRetrievalError():
            return f"the AWS login has expired: {LOG_IN}"
        case aws.ConnectionError() | aws.HTTPClientError():
            return _line(f"AWS cannot be reached: {error}")
        case _:
            return _line(str(error) or type(error).__name__)


def _refused(error: aws.ClientError) -> str:
    code, message = code_of(error), error.response.get("Error", {}).get("Message", "")
    if code in EXPIRED:
        return f"the AWS credentials have expired: {LOG_IN}"
    if code in UNKNOWN_CALLER:
        return f"AWS does not accept these credentials ({code}): {LOG_IN}"
    if code in DENIED:
        named = _NAMED.search(message)
        return f"access denied: these credentials lack {named.group(1) if named else error.operation_name}"
    return _line(f"{error.operation_name} failed: {code}: {message}")


def _line(text: str) -> str:
    line = one_line(" ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
