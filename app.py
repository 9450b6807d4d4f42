"""The CDK app: the configuration in, the stacks out. No AWS call is made here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from infra.config import load_or_exit

if TYPE_CHECKING:
    from aws_cdk import App

    from infra.config import Config

DEFAULT_CONFIG = Path(__file__).parent / "poolwarden.yaml"


def main() -> None:
    """Synthesise the stacks for the configuration that `-c config=PATH` or POOLWARDEN_CONFIG names.

    The configuration is judged before the CDK is loaded, which takes seconds and may have things of its own to say.
    """
    context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    path = context.get("config") or os.environ.get("POOLWARDEN_CONFIG") or DEFAULT_CONFIG
    _synthesise(load_or_exit(Path(path)))


def _synthesise(config: Config) -> None:
    from aws_cdk import App, Environment  # noqa: PLC0415 - see main

    from infra.events import Events  # noqa: PLC0415
    from infra.hub import Hub  # noqa: PLC0415
    from infra.organization import forwarded, member_rights  # noqa: PLC0415
    from infra.spoke import Spoke  # noqa: PLC0415

    app = App()
    environment = Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")
    )
    Hub(app, "PoolwardenHub", config=config, env=environment)
    # Of no account and Region in particular: they are deployed in many.
    if rights := member_rights(config):
        Spoke(app, "PoolwardenSpoke", organization=config.organization, rights=rights)
    if patterns := forwarded(config):
        Events(app, "PoolwardenEvents", patterns=patterns)
    if app.node.try_get_context("nag"):
        _check_best_practices(app)
    app.synth()


def _check_best_practices(app: App) -> None:
    """Let cdk-nag's AwsSolutions rules judge the app; a finding that nobody acknowledged fails the synthesis."""
    from aws_cdk import Validations  # noqa: PLC0415 - see main
    from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415 - slow to load and wanted by `make check` alone

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


if __name__ == "__main__":
    main()
