"""The CDK app: the configuration in, the stacks out. No AWS call is made here."""

from __future__ import annotations

import os
from pathlib import Path

from aws_cdk import App, Environment, Validations

from infra.config import load_or_exit
from infra.hub import Hub

DEFAULT_CONFIG = Path(__file__).parent / "poolwarden.yaml"


def main() -> None:
    """Synthesise the stacks for the configuration that `-c config=PATH` or POOLWARDEN_CONFIG names."""
    app = App()
    path = app.node.try_get_context("config") or os.environ.get("POOLWARDEN_CONFIG") or DEFAULT_CONFIG
    config = load_or_exit(Path(path))
    environment = Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")
    )
    Hub(app, "PoolwardenHub", config=config, env=environment)
    if app.node.try_get_context("nag"):
        _check_best_practices(app)
    app.synth()


def _check_best_practices(app: App) -> None:
    """Let cdk-nag's AwsSolutions rules judge the app; a finding that nobody acknowledged fails the synthesis."""
    from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415 - slow to load and wanted by `make check` alone

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


if __name__ == "__main__":
    main()
