"""Who makes a call, and whether its role is enforced."""

from __future__ import annotations

import contextvars
import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ministack.services import iam, sts

if TYPE_CHECKING:
    from collections.abc import Iterator

enforced: contextvars.ContextVar[bool] = contextvars.ContextVar("enforced", default=False)
"""Whether policies are enforced for what runs in this context: true for functions and sessions of roles."""


@contextmanager
def enforcing() -> Iterator[None]:
    """Enforce policies for what runs inside: what services and functions do, as against the administrators."""
    token = enforced.set(True)
    try:
        yield
    finally:
        enforced.reset(token)


_ACCOUNT = re.compile(r"\d{12}")
_BOOTSTRAP_ROLE = re.compile(r":assumed-role/cdk-")


def caller(access_key: str, *, default_account: str) -> tuple[str, str]:
    """The account and the ARN of whoever signs with this access key id.

    An access key id of 12 digits is the administrator of that account, any other that is no role's session the
    administrator of the default account.
    """
    session = sts._sessions.get(access_key)
    if session:
        arn = str(session["Arn"])
        return arn.split(":")[4], arn
    account = access_key if _ACCOUNT.fullmatch(access_key) else default_account
    return account, f"arn:aws:iam::{account}:root"


def is_role_session(principal: str) -> bool:
    """Whether the principal's permissions are those of a role; the CDK's own bootstrap roles are administrators."""
    return ":assumed-role/" in principal and not _BOOTSTRAP_ROLE.search(principal)


def trust_policy(role: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of the trust policy in MiniStack's record of a role."""
    document = role.get("AssumeRolePolicyDocument") or "{}"
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement") or []
    return statements if isinstance(statements, list) else [statements]


def role_arn(principal: str) -> str:
    """The ARN of the role whose session the principal is; what is no session, such as an administrator, as it is."""
    if ":assumed-role/" not in principal:
        return principal
    account, name = principal.split(":")[4], principal.split("/")[1]
    role = iam._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"
