"""Calls to AWS with the caller's own credentials, all of them watched: how many there were, and which were refused."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import NoRegionError

from cli.failures import DENIED
from lambdas.common.aws_clients import CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_PREFIXES = {"monitoring": "cloudwatch"}
"""Where the prefix of a service's permissions is not the name that its requests are signed for."""
_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
"""Where a permission is not named like its operation."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A permission that the caller lacks, and the Region of the call that was refused."""

    permission: str
    region: str


@dataclass(kw_only=True)
class Aws:
    """AWS as the caller may see it. `on_call` hears of each call before it is made, by service and operation."""

    profile: str | None = None
    named_region: str | None = None
    on_call: Callable[[str, str], None] = lambda _service, _operation: None
    refusals: list[Refusal] = field(default_factory=list)
    _clients: dict[tuple[str, str | None], Any] = field(default_factory=dict)

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes the class at run time
        """Give a service's client in a Region (default: the caller's), the same one each time."""
        key = (service, region or self.region)
        if key not in self._clients:
            self._clients[key] = self._session.client(service, region_name=key[1], config=CONFIG)
        return self._clients[key]

    def client_once(self, service: str, *, seconds: int) -> Any:  # noqa: ANN401 - as above
        """Give a client whose calls are made once and may take so long: for what must not be asked twice."""
        patient = Config(read_timeout=seconds, retries={"total_max_attempts": 1})
        return self._session.client(service, region_name=self.region, config=CONFIG.merge(patient))

    @cached_property
    def region(self) -> str:
        """The Region that calls go to where none is named."""
        region = self._session.region_name
        if not region:
            raise NoRegionError
        return region

    @property
    def account(self) -> str:
        """The caller's account."""
        return str(self._identity["Account"])

    @property
    def caller(self) -> str:
        """The caller's ARN."""
        return str(self._identity["Arn"])

    @property
    def now(self) -> datetime:
        """What time it was for AWS when it was first asked (the `Date` of RFC 9110)."""
        return parsedate_to_datetime(self._identity["ResponseMetadata"]["HTTPHeaders"]["date"])

    @cached_property
    def _identity(self) -> Mapping[str, Any]:
        # Needs no permission, and fails where the credentials are none.
        answer: Mapping[str, Any] = self.client("sts").get_caller_identity()
        return answer

    @cached_property
    def _session(self) -> Session:
        """The caller's session.

        The functions' code makes sessions of its own, from the environment: so that is where the profile and the Region
        go, and every session is watched from its beginning.
        """
        if self.profile:
            # What is named explicitly counts more than keys in the environment, as for the AWS CLI.
            for key in _KEYS:
                os.environ.pop(key, None)
            os.environ["AWS_PROFILE"] = self.profile
        if region := self.named_region or os.environ.get("AWS_REGION"):
            os.environ["AWS_DEFAULT_REGION"] = region
        botocore.register_initializer(self._watch)
        return Session()

    def _watch(self, session: Any) -> None:  # noqa: ANN401 - a botocore session
        session.register("before-call", self._called)
        session.register("after-call", self._answered)

    def _called(self, model: Any, **_: object) -> None:  # noqa: ANN401 - a botocore operation model
        self.on_call(model.service_model.signing_name, model.name)

    def _answered(self, model: Any, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401 - as above
        if parsed.get("Error", {}).get("Code") not in DENIED:
            return
        service = model.service_model.signing_name
        operation = f"{_PREFIXES.get(service, service)}:{model.name}"
        refusal = Refusal(permission=_ACTIONS.get(operation, operation), region=context.get("client_region") or "")
        if refusal not in self.refusals:
            self.refusals.append(refusal)
