"""What an error of AWS's means: whether it did what it was asked, and whether to ask again."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lambdas.common.errors import passes, was_refused


def answered(code: str, status: int, *, retries: int = 0) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "ReleaseAddress")  # type: ignore[typeddict-item] # no more is looked at


@pytest.mark.parametrize(
    ("error", "refused", "soon"),
    [
        (answered("UnauthorizedOperation", 403), True, False),
        (answered("InvalidAddress.Locked", 400), True, False),
        (answered("InvalidParameterValue", 400, retries=1), False, True),
        (answered("RequestLimitExceeded", 503), False, True),
        (answered("ThrottlingException", 400), True, True),
        (answered("InternalError", 500), False, True),
        (ReadTimeoutError(endpoint_url="https://ec2"), False, True),
    ],
)
def test_what_aws_did_not_answer_or_had_no_time_for_may_be_asked_again(
    error: Exception, *, refused: bool, soon: bool
) -> None:
    assert was_refused(error) is refused
    assert passes(error) is soon
