"""What goes wrong is told in one line that says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from botocore import exceptions

from cli.failures import explained
from simulator.client import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": "us-east-1"}

NOT_DEPLOYED = "ValidationError"
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ada</Arn>"
    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def poolwarden(
    *arguments: str, endpoint: str = "http://127.0.0.1:9", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of this machine's user: by default nobody answers at the endpoint."""
    settings = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **environment,
    }
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, env=settings, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def refusing(code: str, message: str) -> Iterator[str]:
    """An endpoint that refuses every call so, as STS and CloudFormation write it; it knows who calls if all is well."""
    refusal = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            knows_caller = b"GetCallerIdentity" in asked and code == NOT_DEPLOYED
            body = (IDENTITY if knows_caller else refusal).encode()
            self.send_response(200 if knows_caller else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def failed(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error with which a command failed."""
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    return line


def test_without_credentials_one_is_told_to_log_in() -> None:
    assert "no AWS credentials: log in" in failed(poolwarden("history", AWS_REGION="us-east-1"))


def test_without_a_region_one_is_told_which_to_name() -> None:
    without = {name: value for name, value in KEYS.items() if name != "AWS_REGION"}
    assert "no Region: give --region or set AWS_REGION" in failed(poolwarden("history", **without))


def test_an_endpoint_that_nobody_answers_at_is_named() -> None:
    line = failed(poolwarden("history", **KEYS))
    assert "AWS cannot be reached" in line
    assert "127.0.0.1:9" in line


def test_an_unknown_profile_is_named() -> None:
    assert "(nobody)" in failed(poolwarden("--profile", "nobody", "history", **KEYS))


def test_an_expired_token_is_told_as_such() -> None:
    with refusing("ExpiredToken", "The security token included in the request is expired") as endpoint:
        assert "credentials have expired: log in" in failed(poolwarden("history", endpoint=endpoint, **KEYS))


def test_a_refused_call_names_the_missing_permission() -> None:
    message = "User: arn:aws:iam::1:user/ada is not authorized to perform: cloudformation:DescribeStacks because ..."
    with refusing("AccessDenied", message) as endpoint:
        line = failed(poolwarden("history", endpoint=endpoint, **KEYS))
    assert "access denied: these credentials lack cloudformation:DescribeStacks" in line


def test_a_hub_that_is_not_deployed_is_told_with_where_it_was_looked_for() -> None:
    with refusing(NOT_DEPLOYED, "Stack with id PoolwardenHub does not exist") as endpoint:
        line = failed(poolwarden("status", endpoint=endpoint, **KEYS))
    assert "PoolwardenHub is not deployed in account 123456789012, us-east-1" in line


@pytest.mark.parametrize("command", [["plan"], ["status"]])
def test_what_is_wrong_in_the_configuration_is_told_just_as_at_synth(command: list[str], tmp_path: Path) -> None:
    config = tmp_path / "poolwarden.yaml"
    config.write_text("mode: perhaps\nrefill_pools: {schedul: rate(1 hour)}\n", encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "infra.config", str(config)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    named = poolwarden(*command, "--config", str(config), **KEYS)
    by_environment = poolwarden(*command, POOLWARDEN_CONFIG=str(config), **KEYS)

    before_the_command = poolwarden("--config", str(config), *command, POOLWARDEN_CONFIG=os.devnull, **KEYS)
    assert len(checked.stderr.splitlines()) >= 2
    assert before_the_command.stderr == checked.stderr
    assert (named.returncode, named.stderr) == (by_environment.returncode, by_environment.stderr) == (1, checked.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["release"],
        ["undo"],
        ["undo", "the last one"],
        ["approve", "0123456789ABCDEF"],
        ["plan", "--colour"],
        ["history", "a", "b"],
    ],
)
def test_bad_usage_ends_with_status_2_before_anything_is_asked_of_aws(arguments: list[str]) -> None:
    ran = poolwarden(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Usage: " in ran.stderr


def test_a_long_error_stays_one_line() -> None:
    response: Any = {"Error": {"Code": "ValidationError", "Message": "no\nway " * 200}}
    text = explained(exceptions.ClientError(response, "DescribeStacks"))
    assert len(text) <= 300
    assert "\n" not in text


def test_asking_for_help_loads_neither_boto3_nor_the_configuration() -> None:
    code = "import sys, cli.main; print(sorted({'boto3', 'botocore', 'pydantic', 'yaml', 'rich'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
