"""AWS's error codes, named once, and what they mean as reason codes."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

ACCESS_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
CONDITION_FAILED = "ConditionalCheckFailedException"
TRANSACTION_CANCELLED = "TransactionCanceledException"
TRANSACTION_CONFLICT = "TransactionConflictException"
"""What a write of a single item meets; as the reason why a transaction is cancelled it has another name."""

THROTTLED = frozenset({"RequestLimitExceeded", "Throttling", "ThrottlingException"})

INTERNAL_ERROR = 500

LONGEST_MESSAGE = 500
"""So many characters of what an error says are kept."""

AwsError = (ClientError, BotoCoreError)
"""Whatever a call to AWS raises: an answer that refuses, or no answer at all."""


class NoRoleError(BotoCoreError):
    """Another account cannot be worked in, because no role is named to take on there."""

    fmt = "no role is named under which account {account} could be looked at"


class RunFailedError(Exception):
    """Something of a run failed; it is recorded. Raised last, for the retries and the dead-letter queue."""


def code_of(error: Exception) -> str:
    """Give AWS's error code, or the kind of the error where AWS gave no answer."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "Unknown")
    return type(error).__name__


def message_of(error: Exception) -> str:
    """Give what an error says, as far as it is kept."""
    return str(error)[:LONGEST_MESSAGE]


def failure_of(error: Exception) -> dict[str, str]:
    """Write a failed call as it is recorded: `error`, AWS's code, and `message`."""
    return {"error": code_of(error), "message": message_of(error)}


def reason_of(error: Exception) -> str:
    """Give the reason code under which a failed call is recorded."""
    if isinstance(error, NoRoleError):
        return "role-missing"
    if isinstance(error, ClientError) and error.operation_name == "AssumeRole" and code_of(error) in ACCESS_DENIED:
        return "role-missing"
    return "access-denied" if code_of(error) in ACCESS_DENIED else "api-error"


def was_refused(error: Exception) -> bool:
    """Say whether AWS certainly did not do what it was asked: it answered at once, with no failure of its own.

    Where the SDK asked again by itself, AWS may have done it the first time, and refuse to do it twice.
    """
    if not isinstance(error, ClientError):
        return False
    answer = error.response.get("ResponseMetadata", {})
    return answer.get("HTTPStatusCode", INTERNAL_ERROR) < INTERNAL_ERROR and not answer.get("RetryAttempts")


def passes(error: Exception) -> bool:
    """Say whether the same call may well be answered in a moment: AWS had no time, failed itself, or was not heard."""
    return code_of(error) in THROTTLED or not was_refused(error)
