"""A reader of the IPAM user guide at the AWS CLI: runs the guide's command lines and looks for what it prints."""

from __future__ import annotations

import itertools
import json
import os
import shlex
from typing import TYPE_CHECKING, Any

from tests.ipam_guide import printed

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.client import Simulation
    from tests.scenarios.warm_cli import WarmCli

ACCOUNTS = itertools.count(320805250157)
"""The guide's account and those after it."""

HOME_REGION = "us-east-1"
PROFILES = ("ipam-account", "member-account", "byoip-owner-account")


class Reader:
    """Somebody with a new account. All the guide's profiles are this one account, unless `become` says otherwise."""

    def __init__(self, simulation: Simulation, cli: WarmCli, *, home: Path, account: str | None = None) -> None:
        self.account = account or str(next(ACCOUNTS))
        self._simulation = simulation
        self._cli = cli
        self._home = home
        self._profiles = dict.fromkeys(PROFILES, self.account)
        self._credentials = home / f"credentials-{self.account}"
        self._write_credentials()
        self._environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": simulation.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_REGION": HOME_REGION,
            "AWS_DEFAULT_REGION": HOME_REGION,
            "AWS_SHARED_CREDENTIALS_FILE": str(self._credentials),
            "AWS_CONFIG_FILE": os.devnull,
        }

    def client(self, region: str) -> Any:
        """For what the guide does on other pages or in the console."""
        return self._simulation.client("ec2", account=self.account, region=region)

    def organizations(self) -> Any:
        """The account's AWS Organizations, whose management account it becomes by the first call."""
        return self._simulation.client("organizations", account=self.account)

    def member(self, account: str | None = None) -> Reader:
        """Somebody with another account, a new one if none is named."""
        return Reader(self._simulation, self._cli, home=self._home, account=account)

    def become(self, other: Reader, *, profile: str) -> None:
        """Let one of the guide's profiles be another account."""
        self._profiles[profile] = other.account
        self._write_credentials()

    def accept_shares(self) -> None:
        """Accept what other accounts want to share with this one, as AWS RAM's own guide says."""
        ram = self._simulation.client("ram", account=self.account, region=HOME_REGION)
        for invitation in ram.get_resource_share_invitations()["resourceShareInvitations"]:
            ram.accept_resource_share_invitation(resourceShareInvitationArn=invitation["resourceShareInvitationArn"])

    def wait(self) -> str:
        """Where the guide says that it takes some time; the time afterwards, as the CLI takes it."""
        now: str = self._simulation.settle()["now"]
        return now

    def _write_credentials(self) -> None:
        sections = (
            f"[{profile}]\naws_access_key_id = {account}\naws_secret_access_key = simulated\n"
            for profile, account in self._profiles.items()
        )
        self._credentials.write_text("\n".join(sections), encoding="utf-8")

    def run(self, command: str) -> Any:
        """What a command line prints, or None for nothing; it must succeed."""
        program, *arguments = shlex.split(command)
        assert program == "aws"
        done = self._cli.run([*arguments, "--output", "json"], self._environment)
        assert done.status == 0, f"{command}: {done.stderr.strip()}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def create_pool(self, command: str, describe: str, expected: dict[str, Any]) -> str:
        """The id of a pool that is seen in progress, then complete."""
        pool = self.run(command)["IpamPool"]
        assert printed({**expected, "State": "create-in-progress"}, pool)
        self.wait()
        pools = {described["IpamPoolId"]: described for described in self.run(describe)["IpamPools"]}
        assert printed({**expected, "State": "create-complete"}, pools[pool["IpamPoolId"]])
        return str(pool["IpamPoolId"])

    def delete_pool(self, command: str, expected: dict[str, Any]) -> None:
        """Delete a pool that is seen in progress, and gone after a while."""
        assert printed({"IpamPool": {**expected, "State": "delete-in-progress"}}, self.run(command))
        self.wait()

    def provision(self, command: str, get: str, cidr: str) -> None:
        """Provision a CIDR that is seen pending, then provisioned."""
        assert printed({"IpamPoolCidr": {"Cidr": cidr, "State": "pending-provision"}}, self.run(command))
        self.wait()
        assert printed({"IpamPoolCidrs": [{"Cidr": cidr, "State": "provisioned"}]}, self.run(get))

    def deprovision(self, command: str, get: str, cidr: str) -> None:
        """Deprovision a CIDR that is seen pending, then deprovisioned."""
        assert printed({"IpamPoolCidr": {"Cidr": cidr, "State": "pending-deprovision"}}, self.run(command))
        self.wait()
        assert printed({"IpamPoolCidrs": [{"Cidr": cidr, "State": "deprovisioned"}]}, self.run(get))

    def instance(self, region: str, **parameters: Any) -> str:
        """The id of a running instance, in the default VPC unless `parameters` say otherwise."""
        ec2 = self.client(region)
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        [instance] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, **parameters)["Instances"]
        return str(instance["InstanceId"])

    def empty(self, public_pool: str, network: str, *, region: str) -> None:
        """Deprovision a /24 but for its last address: 255 times the guide's command would take too long."""
        ec2 = self.client(region)
        for number in range(255):
            ec2.deprovision_public_ipv4_pool_cidr(PoolId=public_pool, Cidr=f"{network}.{number}/32")
