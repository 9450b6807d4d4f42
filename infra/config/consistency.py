"""What cannot be, although each value by itself could: combinations, repetitions, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.config.pool_rules import pool_rule_problems
from infra.config.problems import Place, Problem, shown, spelled
from infra.config.relations import combined, lacking, out_of_order
from infra.config.values import known_regions
from lambdas.common.settings import MODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from infra.config.schema import AlignAlbs, Config, Notifications, Organization, ReleaseEips
    from lambdas.common.settings import Mode


MOST_NAMED = 60
"""Accounts whose roles a policy names: each takes 61 of the 6,144 characters that a managed policy may have, or of the
10,240 of a role's own. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

MOST_MODES, MOST_MODES_OF_A_STACK_SET = 200, 500
"""Accounts that the template of `PoolwardenSpoke` names one by one. It may have 51,200 bytes: about a hundred for each
in the YAML that the CDK CLI sends without a bootstrap, and sixty in the JSON of a stack set. Its roles take the rest.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

MOST_ADDRESSES = 200
"""Filter policies of one topic, unless AWS raises the quota.
https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html"""


def inconsistencies(config: Config) -> Iterator[Problem]:
    """Find every problem between values that are each allowed."""
    yield from _repetitions(config)
    yield from _recipients(config)
    yield from _retention(config)
    yield from _slack(config.notifications)
    yield from _addresses(config)
    if "regions" in config.model_fields_set and not config.regions:
        yield combined(("regions",), "is empty: list Regions, or remove the key for the stack's own Region")
    yield from _partitions(config)
    if config.organization:
        yield from _organization(config, config.organization)
    if config.refill_pools:
        yield from pool_rule_problems(config.refill_pools.pools)
    if config.release_eips:
        yield from _release_eips(config.release_eips)
    if config.align_albs:
        yield from _align_albs(config, config.align_albs)


def _partitions(config: Config) -> Iterator[Problem]:
    """Refuse Regions that no account can be in at the same time."""
    first, *others = config.regions or ("",)
    for region in others:
        if known_regions()[region] != known_regions()[first]:
            text = f"{shown(region)} is in another partition than {first}: deploy a hub of its own there"
            yield Problem(place=("regions",), text=text)


def _repetitions(config: Config) -> Iterator[Problem]:
    lists: dict[Place, Iterable[str]] = {
        ("regions",): config.regions,
        ("notifications", "email"): [address.lower() for address in config.notifications.email],
    }
    if organization := config.organization:
        lists["organization", "accounts"] = _listed(organization.accounts)
        lists["organization", "exclude_accounts"] = organization.exclude_accounts
        if organization.stack_set:
            lists["organization", "stack_set", "targets"] = organization.stack_set.targets
    if release := config.release_eips:
        lists["release_eips", "include"] = release.include
        lists["release_eips", "dns_accounts"] = release.dns_accounts
    if align := config.align_albs:
        lists["align_albs", "allowed_pools"] = _listed(align.allowed_pools)
    for place, items in lists.items():
        for item in _repeated(items):
            # A wrong neighbour in the list does not make a repetition right: it is judged from nothing else.
            yield Problem(place=place, text=f"{shown(item)} is listed more than once: keep one")


def _listed(items: tuple[str, ...] | str) -> tuple[str, ...]:
    """Take the list of what is either a list or a word such as `all`."""
    return () if isinstance(items, str) else items


def _repeated(items: Iterable[str]) -> list[str]:
    items = list(items)
    return [item for item in dict.fromkeys(items) if items.count(item) > 1]


def _recipients(config: Config) -> Iterator[Problem]:
    """Demand somebody who hears of changes; a contact does not count, who hears of one account only."""
    modes: dict[Place, Mode] = {("mode",): config.mode}
    modes |= {(name, "mode"): config.mode_of(section) for name, section in config.remediations.items()}
    changing = next((place for place, mode in modes.items() if mode != "observe"), None)
    if changing and not config.notifications.email and not config.notifications.slack:
        text = f"{shown(modes[changing])} needs a recipient: name one in notifications, under email or slack"
        yield combined(changing, text, ("notifications",))


def _retention(config: Config) -> Iterator[Problem]:
    """Demand a ledger that remembers for as long as something may wait in it."""
    spans: dict[Place, timedelta] = {("approval_expires",): config.approval_expires}
    if config.release_eips and config.release_eips.enabled:
        spans["release_eips", "grace"] = config.release_eips.grace
    longest = max(spans, key=spans.__getitem__)
    if config.ledger_retention <= spans[longest]:
        kept, span = shown(config.ledger_retention), shown(spans[longest])
        if "ledger_retention" in config.model_fields_set:
            text = f"{kept} must be longer than {spelled(longest)} ({span})"
            yield combined(("ledger_retention",), text, *spans)
        else:
            yield combined(longest, f"{span} must be shorter than ledger_retention ({kept})", ("ledger_retention",))


def _slack(notifications: Notifications) -> Iterator[Problem]:
    slack = notifications.slack
    if slack and not slack.workspace_id:
        yield lacking(slack, ("notifications", "slack", "workspace_id"), "write the id of the Slack workspace")
    if slack and not slack.channel_id:
        yield lacking(slack, ("notifications", "slack", "channel_id"), "write the id of the Slack channel")


def _addresses(config: Config) -> Iterator[Problem]:
    """Refuse more addresses than SNS filters one topic's messages for."""
    addresses = {*config.notifications.email, *config.contacts.values()}
    if len(addresses) > MOST_ADDRESSES:
        text = (
            f"{len(addresses)} addresses, with those of notifications.email, are more than the {MOST_ADDRESSES} for "
            "which SNS filters a topic's messages: give several accounts one address"
        )
        yield combined(("contacts",), text, ("notifications", "email"))


def _organization(config: Config, organization: Organization) -> Iterator[Problem]:
    accounts = organization.accounts
    if not accounts:
        yield lacking(organization, ("organization", "accounts"), "list account ids, or write all")
    if accounts == "all" and not organization.id:
        yield combined(
            ("organization", "id"),
            "is missing: where accounts is all, the organization that they belong to must be named",
            ("organization", "accounts"),
        )
    if len(_listed(accounts)) > MOST_NAMED and not organization.id:
        yield combined(
            ("organization", "id"),
            f"is missing: a role can name no more than {MOST_NAMED} accounts, and {len(accounts)} are listed; above "
            "that, the organization that they belong to must be named",
            ("organization", "accounts"),
        )
    for account in organization.exclude_accounts:
        if account in _listed(accounts):
            text = f"{shown(account)} is listed in organization.accounts too: keep it in one of the two"
            yield Problem(place=("organization", "exclude_accounts"), text=text)
    if organization.stack_set and not organization.stack_set.targets:
        yield lacking(
            organization.stack_set,
            ("organization", "stack_set", "targets"),
            "list the organizational units whose accounts get the spoke",
        )
    yield from _account_modes(config, organization)


def _account_modes(config: Config, organization: Organization) -> Iterator[Problem]:
    """Refuse modes that would not hold an account's remediations back: they cannot let them do more."""
    remediations = config.remediations
    highest = max([config.mode_of(section) for section in remediations.values()] or [config.mode], key=MODES.index)
    modes = [("mode",), *((name, "mode") for name in remediations)]
    for account, mode in organization.modes.items():
        place = ("organization", "modes", account)
        if account in organization.exclude_accounts:
            text = f"{shown(mode)} is for an account that organization.exclude_accounts leaves out: drop one"
            yield combined(place, text)
        elif _listed(organization.accounts) and account not in organization.accounts:
            text = f"{shown(mode)} is for an account that organization.accounts does not list: list it there"
            yield combined(place, text, ("organization", "accounts"))
        if MODES.index(mode) > MODES.index(highest):
            text = f"{shown(mode)} is more than any remediation has: an account's own mode can only be lower"
            yield combined(place, f"{text} ({highest} at most)", *modes)
    most = MOST_MODES_OF_A_STACK_SET if organization.stack_set else MOST_MODES
    if len(organization.modes) > most:
        text = (
            f"names {len(organization.modes)} accounts, and the template of PoolwardenSpoke has room for {most}"
            f"{'' if organization.stack_set else f' ({MOST_MODES_OF_A_STACK_SET} with a stack_set)'}: lower the "
            "remediations' own modes, or list in organization.accounts only those that are looked after"
        )
        yield combined(("organization", "modes"), text, ("organization", "stack_set"))


def _release_eips(release: ReleaseEips) -> Iterator[Problem]:
    base: Place = ("release_eips",)
    if release.warn_before >= release.grace:
        yield out_of_order(release, base, less="warn_before", more="grace")
    if not release.include:
        yield lacking(release, (*base, "include"), "list amazon, ipam or byoip, or say enabled: false")


def _align_albs(config: Config, align: AlignAlbs) -> Iterator[Problem]:
    base: Place = ("align_albs", "pools")
    for region, pool in align.pools.items():
        if config.regions and region not in config.regions:
            text = f"{shown(pool)} is for a Region that regions does not list: list it there"
            yield combined((*base, region), text, ("regions",))
    if len(align.pools) > 1 and not config.regions:
        text = f"names {len(align.pools)} Regions, but only the stack's is looked at: list them in regions"
        yield combined(base, text, ("regions",))
    regions_of: dict[str, list[str]] = {}
    for region, pool in align.pools.items():
        regions_of.setdefault(pool, []).append(region)
    for pool, regions in regions_of.items():
        if len(regions) > 1:
            text = f"{shown(pool)} is given for {' and '.join(regions)}: a pool serves one Region, its locale"
            yield Problem(place=base, text=text)
