"""The role that a remediation has in a member account, as somebody there takes it away and puts it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.client import Simulation


class Role:
    """The spoke's role in an account, as its stack made it."""

    def __init__(self, hub: Simulation, account: str, *, name: str = "PoolwardenSpoke-ReleaseEips") -> None:
        self.hub, self.account, self.name = hub, account, name
        self.iam = hub.client("iam", account=account)
        self.trust = self.iam.get_role(RoleName=self.name)["Role"]["AssumeRolePolicyDocument"]
        names = self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        self.policies = {
            name: self.iam.get_role_policy(RoleName=self.name, PolicyName=name)["PolicyDocument"] for name in names
        }

    def delete(self) -> None:
        """Take it away."""
        for name in self.policies:
            self.iam.delete_role_policy(RoleName=self.name, PolicyName=name)
        self.iam.delete_role(RoleName=self.name)

    def put_into(self, account: str) -> None:
        """Make the same role in an account, whose number its policies then have."""
        iam = self.hub.client("iam", account=account)
        iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(self.trust))
        for name, document in self.policies.items():
            iam.put_role_policy(
                RoleName=self.name, PolicyName=name, PolicyDocument=json.dumps(document).replace(self.account, account)
            )
