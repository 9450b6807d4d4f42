"""The simulated account as a process: how it starts, says what is wrong, and ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import ROOT, Simulation, SimulationError
from tests.scenarios.processes import family, free_port, heeds, listeners, listening_sockets, processes
from tests.scenarios.simulated_account import ECHO, MORNING, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.scenario

OBSERVING = "mode: observe\nrefill_pools:\n  pools: [{match: {scope: private}}]\n"


def eventually(condition: Callable[[], Any], *, seconds: float = 10) -> Any:
    """The first true value of the condition, looked at again and again; the last one when time is over."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


@contextmanager
def simulator(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m simulator` with its output in pipes; ended whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        members = family(process.pid)
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.communicate()


def run(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """`python -m simulator` that is expected to end by itself."""
    with simulator(*arguments) as process:
        out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def ended(process: subprocess.Popen[str], members: dict[int, str], port: int) -> None:
    """Assert that nothing of the run is left: no process, no port."""
    process.wait(15)

    def left() -> dict[int, str]:
        running = processes()
        return {pid: command for pid, command in members.items() if pid in running}

    def is_taken() -> bool:
        return port in {listening for _, listening in listeners()}

    eventually(lambda: not left() and not is_taken())
    assert left() == {}
    assert not is_taken()


# Starting


def test_it_says_ready_in_one_line_and_listens_on_the_loopback_alone() -> None:
    port = free_port()
    with simulator("--no-deploy", "--port", str(port)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready http://127.0.0.1:{port}\n"
        assert listening_sockets(list(family(process.pid))) == {f"0100007F:{port:04X}"}
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert (out, err) == ("", "")
    assert process.returncode == 0


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended_run = run("--no-deploy", "--port", str(port))
    assert ended_run.returncode == 1
    assert ended_run.stdout == ""
    (line,) = ended_run.stderr.splitlines()
    assert f"port {port}" in line
    assert "in use" in line
    assert "--port" in line


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--port", "70000"], "no port"),
        (["--port", "http"], "no port"),
        (["--account", "12"], "12 digits"),
        (["--region", "mars"], "no Region"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_allowed(arguments: list[str], complaint: str) -> None:
    refused = run("--no-deploy", *arguments)
    assert refused.returncode == 2
    assert complaint in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_account_has_its_own_id_region_and_time_and_nothing_of_the_hosts_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-is-nowhere")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-hosts-own")
    monkeypatch.setenv("AWS_REGION", "ap-southeast-2")
    monkeypatch.setenv("A_MARKER_OF_THE_HOST", "yes")
    with Simulation.start(account="210987654321", region="eu-west-1", clock=MORNING) as simulation:
        assert Account(simulation, {}).now() == MORNING
        assert simulation.client("sts").get_caller_identity()["Account"] == "210987654321"
        function = Account(simulation, {}).function("import os\ndef handler(event, context): return dict(os.environ)")
        seen = json.load(simulation.client("lambda").invoke(FunctionName=function)["Payload"])
    assert seen["AWS_REGION"] == "eu-west-1"
    assert "AWS_PROFILE" not in seen
    assert "A_MARKER_OF_THE_HOST" not in seen
    assert "the-hosts-own" not in seen.values()


def test_a_broken_configuration_gives_its_problems_and_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "poolwarden.yaml"
    config.write_text("mode: enforced\nrefill_pool: {}\nledger_retention: 400\n")
    refused = run("--port", "0", "--config", str(config))
    assert refused.returncode == 1
    assert refused.stdout == ""
    lines = refused.stderr.splitlines()
    assert len(lines) == 3
    for line, key in zip(sorted(lines), ["ledger_retention", "mode", "refill_pool"], strict=True):
        assert key in line


def test_a_configuration_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    refused = run("--port", "0", "--config", str(tmp_path / "nowhere.yaml"))
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert "nowhere.yaml" in line


# Ending


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_serves_leaves_no_process_and_no_port(number: signal.Signals) -> None:
    port = free_port()
    with simulator("--no-deploy", "--port", str(port)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        simulation = Simulation()
        simulation.endpoint = f"http://127.0.0.1:{port}"
        function = Account(simulation, {}).function(ECHO)
        simulation.client("lambda").invoke(FunctionName=function, Payload=b"{}")
        members = family(process.pid)
        assert len(members) == 2, "the account and the function's process"
        process.send_signal(number)
        ended(process, members, port)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "", "")


def test_a_signal_while_a_function_runs_and_a_caller_waits_ends_it_all() -> None:
    port = free_port()
    with simulator("--no-deploy", "--port", str(port)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        simulation = Simulation()
        simulation.endpoint = f"http://127.0.0.1:{port}"
        account = Account(simulation, {})
        function = account.function("import time\ndef handler(event, context): time.sleep(60)", Timeout=60)
        account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
        settle = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import urllib.request as u; u.urlopen('{simulation.endpoint}/_simulator/settle', b'')",
            ],
            stderr=subprocess.DEVNULL,
        )
        members = eventually(lambda: len(members) == 2 and members if (members := family(process.pid)) else None)
        assert members
        process.send_signal(signal.SIGTERM)
        ended(process, members, port)
        settle.wait(10)
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.0, 0.3, 0.6, 0.9])
def test_a_signal_before_it_is_ready_ends_it_without_a_word(delay: float, number: signal.Signals) -> None:
    port = free_port()
    with simulator("--no-deploy", "--port", str(port)) as process:
        assert eventually(lambda: heeds(process.pid, signal.SIGTERM))
        time.sleep(delay)
        process.send_signal(number)
        ended(process, family(process.pid), port)
        _, err = process.communicate()
    assert err == ""
    if not delay:
        assert process.returncode == 128 + number, "it was heeded long before there was a server"


def synthesising(process: subprocess.Popen[str], _: int) -> bool:
    return any("app.py" in command for command in family(process.pid).values())


def creating_a_stack(_: subprocess.Popen[str], port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_simulator/calls", timeout=5) as answer:
            calls = [(call["service"], call["operation"]) for call in json.load(answer)]
    except OSError:
        return False
    return ("cloudformation", "ExecuteChangeSet") in calls or ("cloudformation", "CreateStack") in calls


@pytest.mark.parametrize(
    ("number", "stage"),
    [(signal.SIGINT, synthesising), (signal.SIGTERM, synthesising), (signal.SIGINT, creating_a_stack)],
)
def test_a_signal_while_it_deploys_leaves_no_process_no_port_and_no_file(
    number: signal.Signals,
    stage: Callable[[subprocess.Popen[str], int], bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    config = tmp_path / "poolwarden.yaml"
    config.write_text(OBSERVING)
    with simulator("--port", str(port), "--config", str(config)) as process:
        assert eventually(lambda: stage(process, port), seconds=60)
        members = family(process.pid)
        assert any("cdk" in command for command in members.values()), "the CDK CLI is at work"
        process.send_signal(number)
        ended(process, members, port)
        out, err = process.communicate()
    assert out == "", "it never was ready"
    assert list(scratch.iterdir()) == []
    assert "Traceback" not in err


def test_a_deploy_that_fails_is_told_with_what_the_cdk_said(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "poolwarden.yaml"
    config.write_text(OBSERVING)
    fault = {"service": "cloudformation", "code": "AccessDenied", "status": 403, "times": 1000}
    faults = [{**fault, "operation": operation} for operation in ("CreateChangeSet", "CreateStack", "DescribeStacks")]

    def ordered() -> bool:
        url = f"http://127.0.0.1:{port}/_simulator/faults"
        try:
            urllib.request.urlopen(url, data=json.dumps(faults).encode(), timeout=5)
        except OSError:
            return False
        return True

    with simulator("--port", str(port), "--config", str(config)) as process:
        assert eventually(ordered)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert re.match(r"cdk \w+ failed:\n", err)
    assert "ordered by a fault" in err
    assert "Traceback" not in err


# Live


@pytest.fixture(scope="module")
def live() -> Iterator[Simulation]:
    with Simulation.start(options=["--live"]) as simulation:
        yield simulation


def test_a_live_account_does_everything_by_itself(live: Simulation) -> None:
    account = Account(live, {})
    function = account.function(ECHO, Timeout=30)  # a run that timed out would be tried again after a real minute
    account.rule_for(function, EventPattern=json.dumps({"source": ["live"]}))
    account.put_event("live", {"n": 1})
    events = eventually(lambda: account.events_of(function), seconds=30)
    assert [event["detail"] for event in events] == [{"n": 1}]
    topic = account.topic()
    account.subscribe(topic, "email", "live@example.com")
    account.publish(topic)
    assert eventually(lambda: account.mail("live@example.com"))
    before = account.now()
    assert eventually(lambda: account.now() > before), "the clock goes"


def test_a_live_account_cannot_be_moved_in_time(live: Simulation) -> None:
    started = time.monotonic()
    for move in (live.settle, lambda: live.advance(60)):
        with pytest.raises(SimulationError, match="live"):
            move()
    assert time.monotonic() - started < 5
