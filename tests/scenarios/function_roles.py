"""Somebody who got hold of a function's role, and calls AWS past all our code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from simulator.client import Simulation


class FunctionRole:
    """A session of one of the hub's function roles, or of the role that the function has in a member account."""

    def __init__(self, hub: Simulation, credentials: dict[str, str]) -> None:
        self.hub = hub
        self._session = boto3.Session(
            credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], hub.region
        )

    @classmethod
    def of(cls, hub: Simulation, function: str) -> FunctionRole:
        """Take on the role of the function with this output, whose trust policy then lets the administrator."""
        configuration = hub.client("lambda").get_function_configuration(FunctionName=hub.outputs()[function])
        role, iam = configuration["Role"], hub.client("iam")
        name = role.rpartition("/")[2]
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        administrator = {"Effect": "Allow", "Principal": {"AWS": hub.account}, "Action": "sts:AssumeRole"}
        document = {**trust, "Statement": [*trust["Statement"], administrator]}
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))
        assumed = hub.client("sts").assume_role(RoleArn=role, RoleSessionName="somebody")
        return cls(hub, assumed["Credentials"])

    def in_member(self, account: str, role: str, **request: str) -> FunctionRole:
        """Go on to a role of the member's spoke; with the hub's external id unless another one is given."""
        asked = {"ExternalId": self.hub.outputs()["SpokeExternalId"], **request}
        arn = f"arn:aws:iam::{account}:role/{role}"
        assumed = self._client("sts").assume_role(RoleArn=arn, RoleSessionName="somebody", **asked)
        return FunctionRole(self.hub, assumed["Credentials"])

    def refusal(self, service: str, operation: str, **parameters: Any) -> str | None:
        """Why AWS refuses a call: `explicit deny`, `no permission`, or an error that is none of IAM's; None if not."""
        try:
            getattr(self._client(service), operation)(**parameters)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if code not in ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"):
                return str(code)
            return "explicit deny" if "explicit deny" in message else "no permission"
        return None

    def _client(self, service: Any) -> Any:
        return self._session.client(
            service, endpoint_url=self.hub.endpoint, config=Config(retries={"total_max_attempts": 1})
        )
