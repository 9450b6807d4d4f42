"""What can go wrong with an AWS call of a function, and how often it does: drawn from the episode's own dice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

if TYPE_CHECKING:
    import random

LONGEST_CALL = 60.0
"""Seconds that a slow call takes, with all that the SDK does before it gives up."""


class Hazard(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"
    SERVER_ERROR = "5xx before the effect"
    SERVER_ERROR_AFTER = "5xx after the effect"
    NOT_REACHED = "timeout before the effect"
    ANSWER_LOST = "timeout after the effect"
    ASKED_AGAIN = "asked again by the SDK, or throttled where it asks once"
    CONFLICT = "refused because a transaction had hold of the item"
    SLOW = "slow"
    PARTIAL = "partial or empty page"
    KILLED = "killed before the effect"
    KILLED_AFTER = "killed after the effect"


AFTER = frozenset({Hazard.SERVER_ERROR_AFTER, Hazard.ANSWER_LOST, Hazard.KILLED_AFTER})
"""Those that come when AWS has done what it was asked."""

KILLS = frozenset({Hazard.KILLED, Hazard.KILLED_AFTER})

WRITES_OF_ONE_ITEM = frozenset({"PutItem", "UpdateItem"})
"""What alone meets transactions of others so."""

_WEIGHTS = {Hazard.ASKED_AGAIN: 3, Hazard.CONFLICT: 3, Hazard.PARTIAL: 3, Hazard.KILLED: 2, Hazard.KILLED_AFTER: 2}

_THROTTLES = {"ec2": ("RequestLimitExceeded", 503), "dynamodb": ("ProvisionedThroughputExceededException", 400)}


class ProcessEndedError(BaseException):
    """The function's process ends here: nothing of its code can catch it."""


@dataclass
class Hazards:
    """The hazards of an episode. `rate` is how likely each call meets one, `changing` each call that changes AWS.

    `bad` is an id whose every call fails, or empty: of a resource that is broken for good. Calls take `slowness` times
    as long as they should.
    """

    dice: random.Random
    rate: float
    changing: float
    bad: str = ""
    slowness: float = 1.0
    on: bool = True
    met: Counter[str] = field(default_factory=Counter)

    def draw(self, operation: str, parameters: dict[str, Any], *, changes: bool) -> Hazard | None:
        """Say what happens to a call; None: nothing."""
        if (
            self.bad
            and self.bad in str(parameters)
            and not operation.startswith(("Batch", "Transact", "Update", "Put"))
        ):
            return self._meet(Hazard.SERVER_ERROR)
        if not self.on or self.dice.random() >= (self.changing if changes else self.rate):
            return None
        kinds = [kind for kind in Hazard if kind != Hazard.CONFLICT or operation in WRITES_OF_ONE_ITEM]
        return self._meet(self.dice.choices(kinds, [_WEIGHTS.get(kind, 1) for kind in kinds])[0])

    def _meet(self, hazard: Hazard) -> Hazard:
        self.met[hazard] += 1
        return hazard


def as_error(hazard: Hazard, *, service: str, operation: str) -> BaseException:
    """Give what the caller of a call gets to feel of a hazard."""
    match hazard:
        case Hazard.THROTTLE | Hazard.ASKED_AGAIN:
            code, status = _THROTTLES.get(service, ("ThrottlingException", 400))
            return refusal(code, status, operation)
        case Hazard.CONFLICT:
            return refusal("TransactionConflictException", 400, operation)
        case Hazard.SERVER_ERROR | Hazard.SERVER_ERROR_AFTER:
            return refusal("InternalError", 500, operation)
        case Hazard.NOT_REACHED:
            return ConnectTimeoutError(endpoint_url=f"https://{service}")
        case Hazard.ANSWER_LOST:
            return ReadTimeoutError(endpoint_url=f"https://{service}")
    return ProcessEndedError()


def refusal(code: str, status: int, operation: str, *, message: str = "as chaos has it") -> ClientError:
    """Give AWS's answer that refuses."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 2},
    }
    return ClientError(answer, operation)
