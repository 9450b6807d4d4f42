"""The deployed hub, as CloudFormation describes it to anybody who may read stacks."""

from __future__ import annotations

import io
import json
import os
import urllib.request
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.failures import CommandError
from lambdas.common.dynamo import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cli.aws import Aws

STACK = "PoolwardenHub"
DOWNLOAD_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource of the stack: its CloudFormation type, its name in the template, and what AWS calls it."""

    type: str
    name: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hub:
    """The stack. `updated` is when it was last deployed (UTC, ISO 8601)."""

    status: str
    updated: str
    outputs: Mapping[str, str]
    resources: Sequence[Resource]

    def of_type(self, kind: str) -> list[str]:
        """Give AWS's names of the stack's resources of a CloudFormation type."""
        return [each.id for each in self.resources if each.type == kind]

    def adopt(self) -> None:
        """Have the functions' code, where it runs here, read the tables that the deployed functions write."""
        ledger = self.outputs["LedgerTableName"]
        guards = [each for each in self.of_type("AWS::DynamoDB::Table") if each != ledger]
        if len(guards) != 1:
            raise CommandError(f"the stack {STACK} is not whole: it has {len(guards)} tables besides the ledger")
        os.environ.update(LEDGER_TABLE=ledger, GUARDS_TABLE=guards[0])

    def settings(self, aws: Aws) -> dict[str, Any]:
        """Read the configuration that the functions run with, out of their code."""
        described = aws.client("lambda").get_function(FunctionName=self.outputs["OperateFunction"])
        try:
            # A signed address of Lambda's own, good for ten minutes.
            with urllib.request.urlopen(described["Code"]["Location"], timeout=DOWNLOAD_SECONDS) as code:  # noqa: S310
                archive = zipfile.ZipFile(io.BytesIO(code.read()))
        except (OSError, zipfile.BadZipFile) as error:
            raise CommandError(f"the functions' code cannot be read: {error}") from None
        document: dict[str, Any] = json.loads(archive.read("settings.json"))
        return document


def find(aws: Aws) -> Hub | None:
    """Find the hub in the caller's account and Region; None where it is not deployed."""
    cloudformation = aws.client("cloudformation")
    try:
        (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return Hub(
        status=stack["StackStatus"],
        updated=timestamp(stack.get("LastUpdatedTime") or stack["CreationTime"]),
        outputs={each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        resources=[
            Resource(type=each["ResourceType"], name=each["LogicalResourceId"], id=each["PhysicalResourceId"])
            for page in pages
            for each in page["StackResourceSummaries"]
            if each.get("PhysicalResourceId")
        ],
    )


def require(aws: Aws) -> Hub:
    """Find the hub; CommandError where it is not deployed."""
    found = find(aws)
    if found is None:
        raise CommandError(
            f"{STACK} is not deployed in account {aws.account}, {aws.region}: "
            "name the --region or --profile where it is, or deploy it with `make deploy`"
        )
    if "OperateFunction" not in found.outputs:
        raise CommandError(f"{STACK} is in state {found.status}, without its outputs: see why its deployment failed")
    return found
