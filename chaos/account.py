"""An account inside this process, on a time of its own: with the same seed everything in it is the same."""

from __future__ import annotations

import importlib
import itertools
import logging
import os
import random
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random

from chaos import tables
from simulator import elastic_ips, load_balancers, moto_services
from simulator.clock import CLOCK
from simulator.ipam.settings import change_settings, changed_settings
from simulator.load_balancers.settings import SETTINGS as LOAD_BALANCERS
from simulator.load_balancers.settings import PoolChange

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, HOME = "123456789012", "us-east-1"
MODE = "/poolwarden/mode"
OPERATE = "operate"
FUNCTIONS = ("refill_pools", "release_eips", "align_albs", "extend_vpcs", OPERATE)
EPOCH = datetime(2027, 3, 1, tzinfo=UTC)
"""When episodes begin, within some days: never the time at which they are run."""

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": HOME,
    "LEDGER_TABLE": tables.LEDGER,
    "GUARDS_TABLE": tables.GUARDS,
    "MODE_PARAMETER": MODE,
    "SPOKE_ROLE": "PoolwardenSpoke-None",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # a third of an episode's time
}


def prepare_process() -> None:
    """Have this process, which then does nothing but episodes, live on simulated time.

    Called before the functions' modules are imported, because these keep the functions of `time` that they find.
    """
    os.environ.update(_ENVIRONMENT)
    elastic_ips.install()
    load_balancers.install()
    moto_services.remember_methods()
    time.monotonic = CLOCK.time
    time.sleep = CLOCK.advance  # type: ignore[assignment] # the parameter is positional-only there
    logging.disable(logging.CRITICAL)
    # One thread, so that what happens between two calls is the dice's word and not the scheduler's.
    importlib.import_module("lambdas.release_eips.sweep").WORKERS = 1  # type: ignore[attr-defined]


@cache
def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes the class at run time
    """Give the people's client of a service: building one takes as long as a part of an episode."""
    return boto3.client(service, region_name=HOME)


@contextmanager
def fresh(seed: int) -> Iterator[None]:
    """Give a new account, whose ids, addresses and times depend on nothing but the seed."""
    random.seed(seed)  # the functions wait for times drawn from it
    mock_random.seed(seed)
    CLOCK.forget_timers()
    CLOCK.start_at((EPOCH + timedelta(minutes=seed % 10_000)).timestamp())
    CLOCK._sequence = itertools.count()
    change_settings(read_lag=0.0)
    LOAD_BALANCERS.pool_change = list(PoolChange)[seed % len(PoolChange)]
    tables.create()
    with mock_aws():
        yield


def fail_association(vpc_id: str, association_id: str) -> None:
    """Have a VPC show that AWS could not add a CIDR to it."""
    for each in ec2_backends[ACCOUNT][HOME].get_vpc(vpc_id).get_cidr_block_association_set():
        if each["association_id"] == association_id:
            each["cidr_block_state"]["state"] = "failed"


@contextmanager
def without_lag() -> Iterator[None]:
    """See everything as it is, for a moment."""
    with changed_settings(read_lag=0.0):
        yield
