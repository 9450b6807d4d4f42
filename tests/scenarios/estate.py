"""Several simulated accounts and Regions at once, as tests of an organisation use them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.scenarios.simulated_account import Account, unique

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

HUB = "100000000001"
MEMBER = "100000000002"
STRANGER = "100000000003"
EAST, WEST = "us-east-1", "us-west-2"


class Estate:
    """The accounts and Regions of one simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._accounts: dict[tuple[str, str], Account] = {}

    def account(self, account: str, region: str = EAST) -> Account:
        """One account in one Region, with its administrator's clients."""
        known = self._accounts
        if (account, region) not in known:
            known[account, region] = Account(self.simulation, {}, account=account, region=region)
        return known[account, region]

    def close(self) -> None:
        """Take away what would go on happening by itself, and every setting."""
        for account in self._accounts.values():
            account.__exit__()
        self.simulation.reset_settings()

    def join(self, manager: str, account: str) -> None:
        """Make the account a member of the manager's organisation, by invitation."""
        target = {"Id": account, "Type": "ACCOUNT"}
        invitation = self.account(manager).client("organizations").invite_account_to_organization(Target=target)
        accepting = self.account(account).client("organizations")
        accepting.accept_handshake(HandshakeId=invitation["Handshake"]["Id"])

    def role(self, account: str, *statements: dict[str, Any], trust: dict[str, Any]) -> str:
        """The ARN of a new role with this one statement as its trust policy, and these as its policy."""
        iam, name = self.account(account).client("iam"), unique("role")
        allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", **trust}
        document = {"Version": "2012-10-17", "Statement": [allowed]}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        if statements:
            self.account(account).allow(arn, *statements)
        return arn

    def session(self, role: str, *, of: Account | Session, **request: str) -> Session:
        """A session of the role, assumed by an administrator or by another session."""
        answer = of.client("sts").assume_role(RoleArn=role, RoleSessionName="tester", **request)
        return Session(self.simulation, answer["Credentials"])


class Session:
    """boto3 clients with the credentials of an assumed role."""

    def __init__(self, simulation: Simulation, credentials: dict[str, Any]) -> None:
        self._simulation = simulation
        self._credentials = credentials

    def client(self, service: str, *, region: str = EAST) -> Any:
        """A client of the session in a Region."""
        return boto3.client(
            service,
            endpoint_url=self._simulation.endpoint,
            region_name=region,
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )


def refused(call: Callable[..., Any], **request: Any) -> str | None:
    """The error code by which a call is refused; None when it is not."""
    try:
        call(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None
