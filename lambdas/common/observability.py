"""One logger a remediation: JSON lines with the ids that lead to the ledger, never the environment."""

from __future__ import annotations

import functools
import json

from aws_lambda_powertools import Logger


def logger(remediation: str) -> Logger:
    """Give the logger of a remediation; what it logs carries `service`.

    An entry is one line of ASCII: a name in it cannot begin another line, steer a terminal or fail to be written.
    """
    return Logger(
        service=remediation, json_serializer=functools.partial(json.dumps, default=str, separators=(",", ":"))
    )
