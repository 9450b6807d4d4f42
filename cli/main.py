"""`poolwarden`: the commands and their options. What a command needs is imported when it runs, as much of it is slow.

Exit status: 0 done, 1 something failed, 2 bad usage.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lambdas.common.decision import DECISION_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.aws import Aws

app = typer.Typer(
    help="Poolwarden keeps IP addresses healthy. These commands say what it would do and did, and let people decide.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help=(
            "The configuration, for `plan`, `status` and `report`; else what POOLWARDEN_CONFIG names, "
            "else poolwarden.yaml beside cdk.json."
        ),
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", help="The home Region of the IPAM, where the hub is; else AWS_REGION.")
]
Profile = Annotated[str | None, typer.Option("--profile", help="A profile of the AWS CLI's configuration.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        from lambdas.common.aws_clients import VERSION  # noqa: PLC0415 - see the top

        sys.stdout.write(f"poolwarden {VERSION}\n")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Write the version, and no more.")
]


def _decision_id(value: str) -> str:
    if not re.fullmatch(DECISION_ID, value):
        raise typer.BadParameter(
            f"{value[:40]!r} is no decision's id: 16 hexadecimal digits in lower case, as `history` lists them"
        )
    return value


Id = Annotated[str, typer.Argument(metavar="ID", callback=_decision_id, help="The id of a decision.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The options that all commands have; they may also stand before the command."""

    config: Path | None = None
    region: str | None = None
    profile: str | None = None
    json: bool = False

    def or_else(self, other: Asked | None) -> Asked:
        """Fill in what was not given from what stood before the command."""
        other = other or Asked()
        return Asked(
            config=self.config or other.config,
            region=self.region or other.region,
            profile=self.profile or other.profile,
            json=self.json or other.json,
        )

    def run(self, what: str, find: Callable[[Aws], Any]) -> Any:  # noqa: ANN401 - whatever a command finds
        """Find something out about AWS, with progress on the way."""
        from cli import progress  # noqa: PLC0415 - see the top
        from cli.aws import Aws  # noqa: PLC0415

        aws = Aws(profile=self.profile, named_region=self.region)
        with progress.shown(aws, what):
            return find(aws)

    def show(self, found: Any, as_table: str) -> None:  # noqa: ANN401 - whatever a command found
        """Write what was found: as JSON, or with the function of `tables` that has this name."""
        if self.json:
            sys.stdout.write(json.dumps(found, indent=2, default=str) + "\n")
            return
        from cli import tables  # noqa: PLC0415 - see the top

        getattr(tables, as_table)(tables.console(), tables.harmless(found))


@app.callback()
def options(
    context: typer.Context,
    config: Config = None,
    region: Region = None,
    profile: Profile = None,
    as_json: Json = False,  # noqa: FBT002 - an option on the command line, not an argument of ours
    version: Version = False,  # noqa: ARG001, FBT002 - its callback has answered
) -> None:
    """Take the options that stand before the command."""
    context.obj = Asked(config=config, region=region, profile=profile, json=as_json)


@app.command()
def plan(
    context: typer.Context,
    member_role: Annotated[
        str | None,
        typer.Option(
            help="A role of this name, which you may assume in the organisation's accounts, to look there too."
        ),
    ] = None,
    config: Config = None,
    region: Region = None,
    profile: Profile = None,
    as_json: Json = False,  # noqa: FBT002 - see options
) -> None:
    """Say what would be done now, and why. Only reads, with your own credentials; nothing need be deployed."""
    from cli import configuration  # noqa: PLC0415 - see the top
    from cli import plan as planning  # noqa: PLC0415

    asked = Asked(config=config, region=region, profile=profile, json=as_json).or_else(context.obj)
    settings = configuration.settings_or_exit(asked.config)
    found = asked.run("looking", lambda aws: planning.plan(aws, settings, member_role=member_role))
    asked.show(found, "plan")
    unread = any(each["outcome"] == "failed" for each in found["decisions"])
    raise typer.Exit(1 if unread or found["errors"] or found["missing_permissions"] else 0)


@app.command()
def status(
    context: typer.Context,
    config: Config = None,
    region: Region = None,
    profile: Profile = None,
    as_json: Json = False,  # noqa: FBT002 - see options
) -> None:
    """Say how the deployed hub is, and what waits for a person."""
    from cli import configuration  # noqa: PLC0415 - see the top
    from cli import status as state  # noqa: PLC0415

    asked = Asked(config=config, region=region, profile=profile, json=as_json).or_else(context.obj)
    document = configuration.document_or_exit(asked.config)
    found = asked.run("looking", lambda aws: state.status(aws, document))
    asked.show(found, "status")
    raise typer.Exit(1 if found["errors"] else 0)


@app.command()
def history(
    context: typer.Context,
    about: Annotated[
        str | None,
        typer.Argument(
            metavar="[RESOURCE | ID]", help="A pool, an address, a load balancer's ARN; or a decision's id."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, where neither is named.")] = 50,
    logs: Annotated[bool, typer.Option("--logs", help="Search the functions' logs for the id, too.")] = False,  # noqa: FBT002 - see options
    config: Config = None,
    region: Region = None,
    profile: Profile = None,
    as_json: Json = False,  # noqa: FBT002 - see options
) -> None:
    """Say what was decided: of late, about one resource, or the whole story of one decision."""
    from cli import history as past  # noqa: PLC0415 - see the top

    asked = Asked(config=config, region=region, profile=profile, json=as_json).or_else(context.obj)
    if about is None:
        asked.show(asked.run("reading", lambda aws: past.lately(aws, limit=limit)), "decisions")
    elif re.fullmatch(DECISION_ID, about):
        asked.show(asked.run("reading", lambda aws: past.story(aws, about, logs=logs)), "story")
    else:
        asked.show(asked.run("reading", lambda aws: past.of_resource(aws, about)), "decisions")


def _answering(action: str) -> Callable[..., None]:
    """Make the command of something that a person can ask about a decision."""

    def command(
        context: typer.Context,
        decision_id: Id,
        config: Config = None,
        region: Region = None,
        profile: Profile = None,
        as_json: Json = False,  # noqa: FBT002 - see options
    ) -> None:
        from cli import operate  # noqa: PLC0415 - see the top

        asked = Asked(config=config, region=region, profile=profile, json=as_json).or_else(context.obj)
        said = asked.run(f"asking for {action}", lambda aws: operate.ask(aws, action, decision_id))
        asked.show(said, "answer")
        raise typer.Exit(0 if said["outcome"] in operate.CARRIED_OUT else 1)

    return command


for _action, _does in {
    "approve": "Approve a proposal: it is judged anew, and done if it still holds.",
    "reject": "Reject a proposal: it is not made again until the resource changes.",
    "undo": "Take back what was done, in every mode.",
}.items():
    app.command(_action, help=_does)(_answering(_action))


@app.command()
def report(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.html", dir_okay=False, help="The file to write.")
    ],
    config: Config = None,
    region: Region = None,
    profile: Profile = None,
    as_json: Json = False,  # noqa: FBT002 - see options
) -> None:
    """Write a report on the address space and all that was decided: one HTML file that needs no network."""
    from cli import configuration  # noqa: PLC0415 - see the top
    from cli import report as reporting  # noqa: PLC0415

    asked = Asked(config=config, region=region, profile=profile, json=as_json).or_else(context.obj)
    mode = configuration.settings_or_exit(asked.config).mode
    written = asked.run("reading", lambda aws: reporting.write(aws, output, mode=mode))
    asked.show(written, "report")
    raise typer.Exit(1 if written["missing"] else 0)


def main() -> None:
    """Run a command; what keeps it from being done is one line on standard error, and exit status 1."""
    # The functions' code, where it runs here, logs for Lambda; what commands say is all that a terminal gets.
    os.environ["POWERTOOLS_LOG_LEVEL"] = "CRITICAL"
    try:
        app()
    except Exception as error:
        from cli.failures import FAILURES, explained  # noqa: PLC0415 - see the top

        if not isinstance(error, FAILURES):
            raise
        _fail(explained(error), 1)


def _fail(text: str, status: int) -> None:
    sys.stderr.write(f"poolwarden: {text}\n")
    raise SystemExit(status)


if __name__ == "__main__":
    main()
