"""What `poolwarden.yaml` may hold: every key, its kind of value and its default.

Nothing is required here, so that every other key can still be judged where one is wrong: what cannot be left
out is said in `consistency.py`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Tag

from infra.config import values
from infra.config.schedules import period, schedule
from lambdas.common import settings

AccountId = Annotated[str, BeforeValidator(values.account_id)]
Calendar = Annotated[
    str,
    BeforeValidator(values.text_like("[A-Za-z0-9_.-]{3,128}", "the name of a change calendar, such as ReleaseFreeze")),
]
Count = Annotated[int, BeforeValidator(values.whole(1, 1_000_000))]
CountOrNone = Annotated[int, BeforeValidator(values.whole(0, 1_000_000))]
Duration = Annotated[timedelta, BeforeValidator(values.duration)]
Email = Annotated[
    str,
    BeforeValidator(
        values.text_like(
            r"[^@\s,;:<>()\"\[\]]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}",
            "an e-mail address, such as net-oncall@example.com",
        )
    ),
]
Family = Annotated[settings.Family, BeforeValidator(values.one_of("ipv4", "ipv6"))]
Flag = Annotated[bool, BeforeValidator(values.flag)]
Mode = Annotated[settings.Mode, BeforeValidator(values.one_of(*settings.MODES))]
NetmaskLength = Annotated[int, BeforeValidator(values.whole(0, 128))]
Network = Annotated[values.Network, BeforeValidator(values.cidr)]
OrganizationId = Annotated[
    str, BeforeValidator(values.text_like("o-[a-z0-9]{10,32}", "an organization id, such as o-a1b2c3d4e5"))
]
Percentage = Annotated[float, BeforeValidator(values.percentage)]
PoolId = Annotated[
    str,
    BeforeValidator(
        values.text_like("ipam-pool-[0-9a-f]{1,32}", "the id of an IPAM pool, such as ipam-pool-0123456789abcdef0")
    ),
]
Region = Annotated[str, BeforeValidator(values.region)]
Schedule = Annotated[str, BeforeValidator(schedule)]
ScopeType = Annotated[settings.ScopeType, BeforeValidator(values.one_of("private", "public"))]
Severity = Annotated[settings.Severity, BeforeValidator(values.one_of("info", "warning", "critical"))]
Share = Annotated[float, BeforeValidator(values.share)]
SlackChannelId = Annotated[
    str,
    BeforeValidator(values.text_like("[A-Z0-9]{1,255}", "the id of a Slack channel, such as C0123456789")),
]
SlackWorkspaceId = Annotated[
    str,
    BeforeValidator(values.text_like("[A-Z0-9]{1,255}", "the id of a Slack workspace, such as T0123456789")),
]
StackSetTarget = Annotated[
    str,
    BeforeValidator(
        values.text_like(
            "ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}",
            "the id of an organizational unit or a root, such as ou-ab12-11111111",
        )
    ),
]
TagPrefix = Annotated[str, BeforeValidator(values.tag_prefix)]
Tags = Mapping[Annotated[str, BeforeValidator(values.tag_key)], Annotated[str, BeforeValidator(values.tag_value)]]


def _list_or_word(value: object) -> str:
    return "word" if isinstance(value, str) else "list"


Accounts = Annotated[
    Annotated[tuple[AccountId, ...], Tag("list")]
    | Annotated[
        Literal["all"],
        BeforeValidator(values.text_like("all", "a list of account ids, nor the word all")),
        Tag("word"),
    ],
    Discriminator(_list_or_word),
]
AllowedPools = Annotated[
    Annotated[tuple[PoolId, ...], Tag("list")]
    | Annotated[
        Literal["any"],
        BeforeValidator(values.text_like("any", "a list of pool ids, nor the word any")),
        Tag("word"),
    ],
    Discriminator(_list_or_word),
]


class Section(BaseModel, frozen=True, extra="forbid"):
    """A mapping with keys of its own; an unknown one is an error."""


class StackSet(Section, frozen=True):
    """How the spoke reaches the member accounts by itself."""

    targets: tuple[StackSetTarget, ...] = ()
    call_as: Annotated[
        Literal["self", "delegated_admin"], BeforeValidator(values.one_of("self", "delegated_admin"))
    ] = "delegated_admin"


class Organization(Section, frozen=True):
    """The further accounts that are looked after."""

    id: OrganizationId | None = None
    accounts: Accounts = ()
    exclude_accounts: tuple[AccountId, ...] = ()
    modes: Mapping[AccountId, Mode] = {}
    stack_set: StackSet | None = None


class PoolMatch(Section, frozen=True):
    """Which IPAM pools a rule is for: all that is given must hold."""

    id: PoolId | None = None
    tags: Tags = {}
    scope: ScopeType | None = None
    family: Family | None = None


class PoolRule(Section, frozen=True):
    """How the pools that match are kept filled. The minimum netmask length is the largest block."""

    match: PoolMatch = PoolMatch()
    low_water_percent: Percentage = 20
    target_percent: Percentage = 40
    min_netmask_length: NetmaskLength | None = None
    max_netmask_length: NetmaskLength | None = None
    ready_netmask_length: NetmaskLength | None = None
    max_provisions_per_day: Count = 4
    supply: tuple[Network, ...] = ()


class Remediation(Section, frozen=True):
    """What every remediation has; a mode of None is the global one."""

    enabled: Flag = True
    mode: Mode | None = None


class RefillPools(Remediation, frozen=True):
    """Provision CIDRs to IPAM pools before they run dry. The first rule that matches a pool governs it."""

    schedule: Schedule = "rate(15 minutes)"
    max_provisions_per_day: Count = 10
    pools: tuple[PoolRule, ...] = ()


class Breaker(Section, frozen=True):
    """How much at once is so much that something else must be wrong: a share of addresses, and a number."""

    share: Share = 0.5
    at_least: Count = 5


class ReleaseEips(Remediation, frozen=True):
    """Release Elastic IPs that nobody uses."""

    schedule: Schedule = "rate(1 hour)"
    grace: Duration = timedelta(days=30)
    warn_before: Duration = timedelta(days=7)
    max_releases_per_run: Count = 25
    breaker: Breaker = Breaker()
    include: tuple[
        Annotated[Literal["amazon", "ipam", "byoip"], BeforeValidator(values.one_of("amazon", "ipam", "byoip"))],
        ...,
    ] = ("amazon", "ipam")
    dns_accounts: tuple[AccountId, ...] = ()
    keep_tags: Tags = {}


class AlignAlbs(Remediation, frozen=True):
    """Keep Application Load Balancers on their IPAM pools."""

    schedule: Schedule = "rate(1 hour)"
    pools: Mapping[Region, PoolId] = {}
    allowed_pools: AllowedPools = ()
    headroom_addresses: CountOrNone = 2
    exclude_tags: Tags = {}


class Slack(Section, frozen=True):
    """A channel that Amazon Q Developer in chat applications writes to."""

    workspace_id: SlackWorkspaceId | None = None
    channel_id: SlackChannelId | None = None


class Notifications(Section, frozen=True):
    """Who is told, and from which severity on."""

    email: tuple[Email, ...] = ()
    slack: Slack | None = None
    minimum_severity: Severity = "info"


class Config(Section, frozen=True):
    """The whole configuration, with its defaults filled in. No `regions` means the stack's own Region."""

    mode: Mode = "observe"
    tag_prefix: TagPrefix = "poolwarden"
    regions: tuple[Region, ...] = ()
    organization: Organization | None = None
    change_calendar: Calendar | None = None
    refill_pools: Annotated[RefillPools | None, BeforeValidator(values.stated)] = None
    release_eips: Annotated[ReleaseEips | None, BeforeValidator(values.stated)] = None
    align_albs: Annotated[AlignAlbs | None, BeforeValidator(values.stated)] = None
    approval_expires: Duration = timedelta(days=3)
    contacts: Mapping[AccountId, Email] = {}
    notifications: Notifications = Notifications()
    ledger_retention: Duration = timedelta(days=400)

    @property
    def remediations(self) -> Mapping[str, Remediation]:
        """The remediations that are on, by name."""
        return {name: section for name, section in self if isinstance(section, Remediation) and section.enabled}

    def mode_of(self, remediation: Remediation) -> settings.Mode:
        """Tell the mode that a remediation is deployed with: its own, else the global one."""
        return remediation.mode or self.mode

    def runtime_settings(self) -> dict[str, Any]:
        """Write the functions' part as JSON values: durations in seconds, each remediation's mode resolved.

        `lambdas.common.settings.Settings.from_document` reads it.
        """
        return {
            "mode": self.mode,
            "tag_prefix": self.tag_prefix,
            "regions": list(self.regions),
            "organization": self.organization and self.organization.model_dump(mode="json", exclude={"stack_set"}),
            "change_calendar": self.change_calendar,
            "refill_pools": self._of_remediation(self.refill_pools, renamed={"pools": "rules"}),
            "release_eips": self._of_remediation(self.release_eips),
            "align_albs": self._of_remediation(self.align_albs),
            "notifications": {"minimum_severity": self.notifications.minimum_severity},
            "contacts": dict(self.contacts),
            "ledger_retention": _seconds(self.ledger_retention),
            "approval_expires": _seconds(self.approval_expires),
        }

    def _of_remediation(
        self, section: RefillPools | ReleaseEips | AlignAlbs | None, renamed: Mapping[str, str] | None = None
    ) -> dict[str, Any] | None:
        """Write a remediation's settings; None where it is off."""
        if section is None or not section.enabled:
            return None
        dumped = section.model_dump(mode="json", exclude={"enabled", "schedule", "mode"})
        durations = {name: _seconds(value) for name, value in section if isinstance(value, timedelta)}
        document = {(renamed or {}).get(name, name): value for name, value in {**dumped, **durations}.items()}
        return {**document, "mode": self.mode_of(section), "sweep_period": _seconds(period(section.schedule))}


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
