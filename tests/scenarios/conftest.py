"""Simulated accounts for the tests that look at everything from outside."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import Simulation
from tests.scenarios import least_privilege
from tests.scenarios.estate import Estate
from tests.scenarios.guide_cli import Reader
from tests.scenarios.simulated_account import MORNING, Account
from tests.scenarios.warm_cli import WarmCli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session", autouse=True)
def permissions_used() -> Iterator[None]:
    """Keep what the functions' roles used of their permissions, for `make test` to judge: see `least_privilege`."""
    folder = os.environ.get(least_privilege.FOLDER)
    if folder is None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        stop = Simulation.stop

        def noting(simulation: Simulation) -> int:
            least_privilege.note(simulation, folder=Path(folder))
            return stop(simulation)

        patch.setattr(Simulation, "stop", noting)
        yield


@pytest.fixture(scope="session")
def empty_account() -> Iterator[Simulation]:
    """An account with nothing deployed into it, shared by all tests of the session."""
    with Simulation.start(clock=MORNING) as simulation:
        yield simulation


@pytest.fixture(scope="session")
def shared_clients() -> dict[str, Any]:
    """The boto3 clients of the empty account by service, because each takes long to make."""
    return {}


@pytest.fixture
def account(empty_account: Simulation, shared_clients: dict[str, Any]) -> Iterator[Account]:
    """The empty account, for one test."""
    with Account(empty_account, shared_clients) as account:
        yield account


@pytest.fixture
def estate(empty_account: Simulation) -> Iterator[Estate]:
    """The accounts and Regions of the empty account's simulation, for one test."""
    estate = Estate(empty_account)
    yield estate
    estate.close()


@pytest.fixture(scope="session")
def warm_cli() -> Iterator[WarmCli]:
    """The AWS CLI, loaded once for all commands of the session."""
    with WarmCli() as cli:
        yield cli


@pytest.fixture
def reader(empty_account: Simulation, warm_cli: WarmCli, tmp_path: Path) -> Reader:
    """Somebody at the AWS CLI with an account of their own in the empty one's simulation."""
    return Reader(empty_account, warm_cli, home=tmp_path)


@pytest.fixture(scope="module")
def deploy_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Simulation]]:
    """Start accounts with the app deployed under a configuration (its text); each ends with the module."""
    with ExitStack() as running:

        def deploy(config_text: str) -> Simulation:
            config = tmp_path_factory.mktemp("config") / "poolwarden.yaml"
            config.write_text(config_text, encoding="utf-8")
            return running.enter_context(Simulation.start(config=config, clock=MORNING))

        yield deploy
