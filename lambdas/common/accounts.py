"""Our own account, and the roles that we take on in others."""

from __future__ import annotations

import functools

from lambdas.common.aws_clients import client
from lambdas.common.environment import EnvironmentVariableMissingError, required
from lambdas.common.errors import NoRoleError


@functools.cache
def own() -> str:
    """Give the id of the account that we work in."""
    return client("sts").get_caller_identity()["Account"]


def home_region() -> str:
    """Give the Region that we work in, which is the home Region of the IPAM."""
    return client("ec2").meta.region_name


def spoke_role() -> str:
    """Give the name of the role that this function has in other accounts, such as `PoolwardenSpoke-ReleaseEips`."""
    return required("SPOKE_ROLE")


def role_in(account: str, *, region: str) -> str | None:
    """Give the ARN of our role in an account; None in our own, where we work under the function's.

    NoRoleError where no role is named, as for a person who plans without one.
    """
    if account == own():
        return None
    try:
        role = spoke_role()
    except EnvironmentVariableMissingError:
        raise NoRoleError(account=account) from None
    partition = client("ec2", region).meta.partition  # to ask a session takes a fifth of a second each time
    return f"arn:{partition}:iam::{account}:role/{role}"
