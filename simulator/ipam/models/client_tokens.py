"""Client tokens: the same request twice is one request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.ipam.exceptions import IdempotentParameterMismatchError
from simulator.ipam.models.core import EC2BackendParts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ClientTokensBackend(EC2BackendParts):
    """What was answered for each token. AWS: Amazon EC2 API reference, "Ensuring idempotency"."""

    def __init__(self) -> None:
        self.ipam_answers: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}

    def answer_once(
        self,
        operation: str,
        client_token: str | None,
        parameters: Mapping[str, Any],
        make: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        """What `make` answers, or what it answered when this token came first.

        IdempotentParameterMismatchError if the token comes again with other parameters. A request that failed
        leaves no answer, so that it can be tried again.
        """
        if not client_token:
            return make()
        request = json.dumps(parameters, sort_keys=True, default=str)
        known = self.ipam_answers.get((operation, client_token))
        if known is None:
            known = self.ipam_answers[operation, client_token] = (request, make())
        if known[0] != request:
            raise IdempotentParameterMismatchError
        return known[1]
