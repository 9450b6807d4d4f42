"""What `poolwarden.yaml` may hold: every key, its kind of value and its default.

Nothing is required here, so that every other key can still be judged where one is wrong: what cannot be left
out is said in `consistency.py`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator

from infra.config import values
from infra.config.kinds import (
    AccountId,
    Accounts,
    AllowedPools,
    Calendar,
    Count,
    CountFromTwo,
    CountOrNone,
    Duration,
    Email,
    Family,
    Flag,
    HighWaterPercentage,
    Mode,
    NetmaskLength,
    Network,
    OrganizationId,
    Percentage,
    PoolId,
    Region,
    Schedule,
    ScopeType,
    Severity,
    Share,
    SlackChannelId,
    SlackWorkspaceId,
    StackSetTarget,
    TagPrefix,
    Tags,
    VpcNetmaskLength,
)
from infra.config.schedules import period
from lambdas.common import settings


class Section(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """A mapping with keys of its own; an unknown one is an error. What stands below a key describes it for users."""


class StackSet(Section, frozen=True):
    """How the spoke reaches the member accounts by itself."""

    targets: tuple[StackSetTarget, ...] = ()
    """Organizational units, or the root, whose accounts get the spoke."""
    call_as: Annotated[
        Literal["self", "delegated_admin"], BeforeValidator(values.one_of("self", "delegated_admin"))
    ] = "delegated_admin"
    """Whether the hub is in the management account (`self`) or a delegated administrator of CloudFormation."""


class Organization(Section, frozen=True):
    """The further accounts that are looked after."""

    id: OrganizationId | None = None
    """The organization: roles and buses trust nobody outside it."""
    accounts: Accounts = ()
    """The accounts that are looked after besides the hub's: a list, or `all` that the IPAM discovers."""
    exclude_accounts: tuple[AccountId, ...] = ()
    """Accounts that are left alone, whatever `accounts` says."""
    modes: Mapping[AccountId, Mode] = {}
    """The mode of single accounts. It can only be lower than the remediation's."""
    stack_set: StackSet | None = None
    """Deploys the member stacks by service-managed StackSets. Without it they are deployed by `make deploy-spoke`."""


class PoolMatch(Section, frozen=True):
    """Which IPAM pools a rule is for: all that is given must hold."""

    id: PoolId | None = None
    """The pool itself."""
    tags: Tags = {}
    """Tags that the pool has, all of them."""
    scope: ScopeType | None = None
    """The type of the pool's scope."""
    family: Family | None = None
    """The pool's address family."""


class PoolRule(Section, frozen=True):
    """How the pools that match are kept filled. The minimum netmask length is the largest block."""

    match: PoolMatch = PoolMatch()
    """Which pools the rule is for. The first rule that matches a pool governs it."""
    low_water_percent: Percentage = 20
    """Refill when less than this share of the pool is available ..."""
    target_percent: Percentage = 40
    """... until at least this share is."""
    min_netmask_length: NetmaskLength | None = None
    """The largest block that is added in one step. Without it: the pool's widest CIDR so far."""
    max_netmask_length: NetmaskLength | None = None
    """The smallest block worth adding. Without it: the pool's narrowest allowed allocation, at least /28 or /64."""
    ready_netmask_length: NetmaskLength | None = None
    """A block of this size is always free. Without it: the pool's default allocation, else its largest, else none."""
    max_provisions_per_day: Count = 4
    """CIDRs that one pool gets in a day."""
    max_cidrs_per_pool: Count = 50
    """CIDRs that the pool may have. More than 50 is for who had AWS's quota raised."""
    max_contiguous_blocks: Count = 2
    """Contiguous public IPv4 blocks that all pools may have before this one gets another. More than 2 likewise."""
    supply: tuple[Network, ...] = ()
    """Only for a pool without a source pool: where its blocks may come from, in this order."""


class Remediation(Section, frozen=True):
    """What every remediation has; a mode of None is the global one.

    `renamed` gives the keys that the functions know by another name.
    """

    renamed: ClassVar[Mapping[str, str]] = {}

    enabled: Flag = True
    """A remediation is on when its section is there and this is not false."""
    mode: Mode | None = None
    """What it may do by itself. Without it: the global mode."""
    schedule: Schedule = "rate(1 hour)"
    """When it looks at everything. Events come first, the schedule sees what they missed."""


class RefillPools(Remediation, frozen=True):
    """Provision CIDRs to IPAM pools before they run dry. The first rule that matches a pool governs it."""

    renamed: ClassVar[Mapping[str, str]] = {"pools": "rules"}

    schedule: Schedule = "rate(15 minutes)"
    """When it looks at every governed pool. Alarms come first, the schedule sees what they missed."""
    max_provisions_per_day: Count = 10
    """CIDRs that all pools together get in a day."""
    pools: tuple[PoolRule, ...] = ()
    """The rules, in order. A pool that none matches is left alone."""


class Breaker(Section, frozen=True):
    """How much at once is so much that something else must be wrong: a share of addresses, and a number."""

    share: Share = 0.5
    """This share of an account's addresses in a Region ..."""
    at_least: Count = 5
    """... and at least this many."""


class ReleaseEips(Remediation, frozen=True):
    """Release Elastic IPs that nobody uses."""

    grace: Duration = timedelta(days=30)
    """Released when it was continuously seen without any use for at least this long. It begins anew where nobody looked
    for more than three periods of the schedule; a long one only where that was more than a quarter of it, or 25 hours.
    """
    warn_before: Duration = timedelta(days=7)
    """People hear of it this long before."""
    max_releases_per_run: Count = 25
    """Addresses released in one period of the schedule, wherever they are. What a person approves counts apart."""
    breaker: Breaker = Breaker()
    """When so many are due at once, all are held until a person approves."""
    include: tuple[
        Annotated[Literal["amazon", "ipam", "byoip"], BeforeValidator(values.one_of("amazon", "ipam", "byoip"))],
        ...,
    ] = ("amazon", "ipam")
    """Where the addresses come from that may be released."""
    dns_accounts: tuple[AccountId, ...] = ()
    """Further accounts whose hosted zones may name our addresses."""
    keep_tags: Tags = {}
    """An address with one of these tags stays, besides `<prefix>:protect`."""


class AlignAlbs(Remediation, frozen=True):
    """Keep Application Load Balancers on their IPAM pools."""

    pools: Mapping[Region, PoolId] = {}
    """The pool of each Region. Without one, only those with the tag `<prefix>:ipam-pool` are looked at there."""
    allowed_pools: AllowedPools = ()
    """Pools that such a tag may name besides these: a list, or `any`."""
    headroom_addresses: CountOrNone = 2
    """Free addresses that must remain in the pool for each Availability Zone of a load balancer that moves."""
    exclude_tags: Tags = {}
    """A load balancer with one of these tags is left alone."""


class ExtendVpcs(Remediation, frozen=True):
    """Give VPCs that came from IPAM pools another CIDR when their subnets have taken nearly all that they have."""

    high_water_percent: HighWaterPercentage = 80
    """Extend a VPC when its subnets have taken at least this share of its addresses."""
    netmask_length: VpcNetmaskLength | None = None
    """How large the CIDR is that is added. Without it: as large as the VPC's first."""
    max_cidrs_per_vpc: CountFromTwo = 5
    """CIDRs that a VPC may have, its first among them. More than 5 is for who had AWS's quota raised."""
    max_extensions_per_day: Count = 10
    """CIDRs that all VPCs together get in a day."""
    max_extensions_per_vpc_per_day: Count = 1
    """CIDRs that one VPC gets in a day."""
    exclude_tags: Tags = {}
    """A VPC with one of these tags is left alone."""


class Slack(Section, frozen=True):
    """A channel that Amazon Q Developer in chat applications writes to."""

    workspace_id: SlackWorkspaceId | None = None
    """The workspace, once it is authorised in the console of Amazon Q Developer."""
    channel_id: SlackChannelId | None = None
    """The channel in it."""


class Notifications(Section, frozen=True):
    """Who is told, and from which severity on."""

    email: tuple[Email, ...] = ()
    """Who hears of everything."""
    slack: Slack | None = None
    """A channel that hears of everything, through Amazon Q Developer in chat applications."""
    minimum_severity: Severity = "info"
    """What matters less is not told."""


class Config(Section, frozen=True):
    """The whole configuration, with its defaults filled in. No `regions` means the stack's own Region."""

    mode: Mode = "observe"
    """What Poolwarden may do by itself: only watch, act once a person said yes, act. The last two need a recipient."""
    tag_prefix: TagPrefix = "poolwarden"
    """What the keys of its tags begin with, such as `poolwarden:protect`."""
    regions: tuple[Region, ...] = ()
    """The Regions that are searched for addresses, load balancers and VPCs. Without it: the stack's own."""
    organization: Annotated[Organization | None, BeforeValidator(values.filled)] = None
    """The further accounts that are looked after: see [organisations](organisation.md)."""
    change_calendar: Calendar | None = None
    """The name of an SSM change calendar. While it is CLOSED nothing is changed."""
    refill_pools: Annotated[RefillPools | None, BeforeValidator(values.stated)] = None
    """Provisions CIDRs to IPAM pools before they run dry."""
    release_eips: Annotated[ReleaseEips | None, BeforeValidator(values.stated)] = None
    """Releases Elastic IPs that nobody uses."""
    align_albs: Annotated[AlignAlbs | None, BeforeValidator(values.stated)] = None
    """Keeps Application Load Balancers on their IPAM pools."""
    extend_vpcs: Annotated[ExtendVpcs | None, BeforeValidator(values.stated)] = None
    """Gives VPCs another CIDR before their subnets run out."""
    approval_expires: Duration = timedelta(days=3)
    """How long a proposal can be approved."""
    contacts: Mapping[AccountId, Email] = {}
    """Who hears of what concerns one account."""
    notifications: Notifications = Notifications()
    """Who is told."""
    ledger_retention: Duration = timedelta(days=400)
    """How long the ledger remembers what was decided, and why."""

    @property
    def remediations(self) -> Mapping[str, Remediation]:
        """The remediations that are on, by name."""
        return {name: section for name, section in self if isinstance(section, Remediation) and section.enabled}

    def mode_of(self, remediation: Remediation, *, account: str | None = None) -> settings.Mode:
        """Tell the mode that a remediation is deployed with: its own, else the global one.

        In an account that is named, that account's own mode where it is lower.
        """
        mode = remediation.mode or self.mode
        own = self.organization.modes.get(account) if self.organization and account else None
        return settings.lower_of(mode, own) if own else mode

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
            **{name: self._of_remediation(self.remediations.get(name)) for name in settings.REMEDIATIONS},
            "notifications": {"minimum_severity": self.notifications.minimum_severity},
            "contacts": dict(self.contacts),
            "ledger_retention": _seconds(self.ledger_retention),
            "approval_expires": _seconds(self.approval_expires),
        }

    def _of_remediation(self, section: Remediation | None) -> dict[str, Any] | None:
        """Write a remediation's settings; None where it is off."""
        if section is None:
            return None
        dumped = section.model_dump(mode="json", exclude={"enabled", "schedule", "mode"})
        durations = {name: _seconds(value) for name, value in section if isinstance(value, timedelta)}
        document = {section.renamed.get(name, name): value for name, value in {**dumped, **durations}.items()}
        return {**document, "mode": self.mode_of(section), "sweep_period": _seconds(period(section.schedule))}


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
