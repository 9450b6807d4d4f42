"""What can be set from outside about the accounts (`/_simulator/settings`): where no trail logs, what is closed.

A setting is given as a whole; those that are not named stay as they are.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.elastic_ips.settings import SETTINGS as ELASTIC_IPS
from simulator.ipam.settings import change_settings as change_ipam_settings
from simulator.ipam.settings import settings as ipam_settings
from simulator.load_balancers.settings import SETTINGS as LOAD_BALANCERS
from simulator.load_balancers.settings import PoolChange
from simulator.throttle import SETTINGS as THROTTLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_POOL = re.compile(r"ipam-pool-[0-9a-f]+")
_PLACE = re.compile(r"\d{12}(/[a-z]{2}(-[a-z]+)+-\d)?")


class InvalidSetting(ValueError):  # noqa: N818 - it answers a control call
    """A setting that cannot be taken; the message names it and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that can be set. Both `value` and what `check` returns are JSON values.

    `check` takes the setting's name and the value given. Errors: `InvalidSetting`. `apply` is told of each new value.
    """

    value: Any
    check: Callable[[str, Any], Any]
    apply: Callable[[Any], None] = lambda _value: None


def places(name: str, value: Any) -> list[str]:  # noqa: ANN401 - parsed JSON
    """Accounts, or single Regions of them: `111122223333` or `111122223333/us-west-2`."""
    if not isinstance(value, list) or not all(isinstance(each, str) and _PLACE.fullmatch(each) for each in value):
        raise InvalidSetting(f"{name} must be a list of accounts or ACCOUNT/REGION, not {value!r}")
    return value


def pools(name: str, value: Any) -> list[str]:  # noqa: ANN401 - parsed JSON
    """Ids of IPAM pools, which need not be there yet."""
    if not isinstance(value, list) or not all(isinstance(each, str) and _POOL.fullmatch(each) for each in value):
        raise InvalidSetting(f"{name} must be a list of ids such as ipam-pool-0a1b2c3d4e5f67890, not {value!r}")
    return value


def seconds(name: str, value: Any) -> float:  # noqa: ANN401 - parsed JSON
    """A length of time."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise InvalidSetting(f"{name} must be a number of seconds, at least 0, not {value!r}")
    return value


def number(name: str, value: Any) -> int:  # noqa: ANN401 - parsed JSON
    """A whole number, as quotas are."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidSetting(f"{name} must be a whole number, at least 0, not {value!r}")
    return value


def flag(name: str, value: Any) -> bool:  # noqa: ANN401 - parsed JSON
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidSetting(f"{name} must be true or false, not {value!r}")
    return value


def pool_change(name: str, value: Any) -> str:  # noqa: ANN401 - parsed JSON
    """What becomes of a load balancer's addresses when its pool changes: a `PoolChange`."""
    if value not in list(PoolChange):
        raise InvalidSetting(f"{name} must be one of {', '.join(PoolChange)}, not {value!r}")
    return str(value)


def _set_pool_change(value: str) -> None:
    LOAD_BALANCERS.pool_change = PoolChange(value)


def _ipam(name: str) -> Callable[[Any], None]:
    return lambda value: change_ipam_settings(**{name: value})


def _elastic_ips(name: str) -> Callable[[Any], None]:
    return lambda value: setattr(ELASTIC_IPS, name, value)


IPAM_DELAYS = (
    "read_lag",
    "pool_creation",
    "pool_deletion",
    "cidr_provisioning",
    "cidr_deprovisioning",
    "association",
    "discovery",
    "release_advanced_tier",
    "release_free_tier",
    "limit_refusal",
)
"""The delays of IPAM that can be set, each as its name with `_seconds`: see `IpamSettings`."""

ELASTIC_IP_DELAYS = ("ptr_update", "ptr_lingers", "nat_gateway_creation", "nat_gateway_deletion", "nat_gateway_drain")
"""The delays of Elastic IPs and NAT gateways likewise: see `ElasticIpSettings`."""

_DELAYS = {
    **{
        f"{name}_seconds": Setting(value=getattr(ipam_settings(), name), check=seconds, apply=_ipam(name))
        for name in IPAM_DELAYS
    },
    **{
        f"{name}_seconds": Setting(value=getattr(ELASTIC_IPS, name), check=seconds, apply=_elastic_ips(name))
        for name in ELASTIC_IP_DELAYS
    },
}

_SETTINGS: Mapping[str, Setting] = {
    "trails_off": Setting(value=[], check=places),
    "regions_off": Setting(value=[], check=places),
    "throttled": Setting(value=False, check=flag, apply=lambda value: setattr(THROTTLE, "throttled", value)),
    "unmeasured_pools": Setting(
        value=[], check=pools, apply=lambda value: change_ipam_settings(unmeasured_pools=tuple(value))
    ),
    "pool_change": Setting(value=PoolChange.REPLACES.value, check=pool_change, apply=_set_pool_change),
    "addresses_per_region": Setting(
        value=ELASTIC_IPS.addresses_per_region, check=number, apply=_elastic_ips("addresses_per_region")
    ),
    **_DELAYS,
}
"""Every setting by name, with its value at the start."""


class AccountSettings:
    """The settings in force."""

    def __init__(self, settings: Mapping[str, Setting]) -> None:
        self._settings = settings
        self._values = {name: setting.value for name, setting in settings.items()}

    def document(self) -> dict[str, Any]:
        """Every setting by name, as it is."""
        return dict(self._values)

    def change(self, document: Any) -> dict[str, Any]:  # noqa: ANN401 - parsed JSON
        """Set what the document names, all or nothing; every setting as it is then. Errors: `InvalidSetting`."""
        if not isinstance(document, dict):
            raise InvalidSetting("the body must be a JSON object")
        if unknown := sorted(set(document) - set(self._settings)):
            raise InvalidSetting(f"unknown setting {unknown[0]!r}; there are {', '.join(self._settings)}")
        checked = {name: self._settings[name].check(name, value) for name, value in document.items()}
        for name, value in checked.items():
            self._values[name] = value
            self._settings[name].apply(value)
        return self.document()

    def reset(self) -> dict[str, Any]:
        """Set everything as it was at the start."""
        return self.change({name: setting.value for name, setting in self._settings.items()})

    def trail_is_off(self, account: str, region: str) -> bool:
        """Whether no trail logs what is called there."""
        return self._names("trails_off", account, region)

    def region_is_off(self, account: str, region: str) -> bool:
        """Whether the Region is not enabled for the account."""
        return self._names("regions_off", account, region)

    def _names(self, setting: str, account: str, region: str) -> bool:
        return not {account, f"{account}/{region}"}.isdisjoint(self._values[setting])


ACCOUNT_SETTINGS = AccountSettings(_SETTINGS)
"""The settings of this simulation."""
