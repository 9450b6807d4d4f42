"""One logger a remediation: JSON lines with the ids that lead to the ledger, never the environment."""

from __future__ import annotations

from aws_lambda_powertools import Logger


def logger(remediation: str) -> Logger:
    """Give the logger of a remediation; what it logs carries `service`."""
    return Logger(service=remediation)
