"""The types of the schema's keys: each kind of value with the parser that accepts it, or says what would be."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Tag

from infra.config import values
from infra.config.schedules import schedule
from lambdas.common import settings

AccountId = Annotated[str, BeforeValidator(values.account_id)]
Calendar = Annotated[
    str,
    BeforeValidator(values.text_like("[A-Za-z0-9_.-]{3,128}", "the name of a change calendar, such as ReleaseFreeze")),
]
Count = Annotated[int, BeforeValidator(values.whole(1, 1_000_000))]
CountFromTwo = Annotated[int, BeforeValidator(values.whole(2, 1_000_000))]
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
HighWaterPercentage = Annotated[float, BeforeValidator(values.percentage_of_one_at_least)]
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
VpcNetmaskLength = Annotated[int, BeforeValidator(values.whole(16, 28))]


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
