"""The dashboard: what somebody looks at first, in the terms of the messages and of the digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import FULL_VPCS_QUERY, LOW_POOLS_QUERY
from infra.function import WatchedFunction
from infra.records import MODE_PARAMETER
from lambdas.common.metrics import DECISIONS, NAMESPACE, OFF_POOL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PERIOD = Duration.minutes(5)
HOUR = Duration.hours(1)
WIDTH = 24
"""The columns of a dashboard."""

IDLE_ADDRESSES = 'SELECT MAX(UnassociatedAmazonOwnedElasticIPs) FROM "AWS/IPAM" GROUP BY Region'
"""A query's SUM would add up all that a Region told in the period, too."""

IDLE_ADDRESS_USD_MONTH = 0.005 * 730
"""What AWS bills for a public IPv4 address: by the hour, https://aws.amazon.com/vpc/pricing/; a month has 730."""

FIRST_LOOK = f"""\
# Poolwarden
`poolwarden status` tells what is open now, `poolwarden history ID` the whole story of one decision. \
To stop every change at once: \
`aws ssm put-parameter --overwrite --name {MODE_PARAMETER} --value observe`"""


class Dashboard(Construct):
    """Availability of pools, decisions, idle addresses and their cost, load balancers, VPCs, and the functions' health.

    `low_water_percents` are drawn as lines. Make it last: it shows every function that the stack has by then.
    """

    def __init__(self, scope: Construct, construct_id: str, *, low_water_percents: Sequence[float]) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        functions = [each for each in stack.node.find_all() if isinstance(each, WatchedFunction)]
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=stack.stack_name,
            default_interval=Duration.days(7),
            widgets=[
                [cloudwatch.TextWidget(markdown=FIRST_LOOK, width=WIDTH, height=3)],
                [_alarms(stack)],
                [_availability(low_water_percents)],
                [_decisions("Decisions by outcome", "Outcome"), _decisions("Decisions by reason", "Reason")],
                [_idle_addresses(), _load_balancers()],
                [_vpcs()],
                [*_health(functions)],
            ],
        )
        self.name = dashboard.dashboard_name


def _query(expression: str, label: str, period: Duration = PERIOD) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=expression, label=label, period=period, using_metrics={})


def _availability(low_water_percents: Sequence[float]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title="Available addresses of each pool, in percent",
        left=[_query(LOW_POOLS_QUERY, "available")],
        left_y_axis=cloudwatch.YAxisProps(min=0, max=100, label="%", show_units=False),
        left_annotations=[
            cloudwatch.HorizontalAnnotation(value=percent, label=f"low-water mark {percent:g} %")
            for percent in sorted(set(low_water_percents))
        ],
        width=WIDTH,
        height=8,
    )


def _decisions(title: str, dimension: str) -> cloudwatch.GraphWidget:
    # In quotes, like all names of ours: AWS reserves hundreds of words, of which ACCOUNT is one.
    query = f'SELECT SUM({DECISIONS}) FROM "{NAMESPACE}" GROUP BY "{dimension}" ORDER BY SUM() DESC'  # noqa: S608 - no SQL
    return cloudwatch.GraphWidget(
        title=title,
        left=[_query(query, "decisions", HOUR)],
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        view=cloudwatch.GraphWidgetView.BAR,
        width=WIDTH // 2,
    )


def _idle_addresses() -> cloudwatch.GraphWidget:
    by_region = {"regions": _query(IDLE_ADDRESSES, "", HOUR)}
    idle = cloudwatch.MathExpression(
        expression="SUM(regions)", using_metrics=by_region, label="idle addresses", period=HOUR
    )
    cost = cloudwatch.MathExpression(
        expression=f"SUM(regions) * {IDLE_ADDRESS_USD_MONTH:g}",
        using_metrics=by_region,
        label="USD a month",
        period=HOUR,
    )
    return cloudwatch.GraphWidget(
        title="Idle Elastic IPs of Amazon's, and what they cost",
        left=[idle],
        right=[cost],
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        right_y_axis=cloudwatch.YAxisProps(min=0, label="USD a month", show_units=False),
        width=WIDTH // 2,
    )


def _load_balancers() -> cloudwatch.GraphWidget:
    query = f'SELECT MAX({OFF_POOL}) FROM "{NAMESPACE}" GROUP BY "Account", "Region" ORDER BY MAX() DESC'  # noqa: S608 - no SQL
    return cloudwatch.GraphWidget(
        title="Application Load Balancers off their pool",
        left=[_query(query, "off pool", HOUR)],
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        width=WIDTH // 2,
    )


def _vpcs() -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title="Share of each VPC that its subnets have taken",
        left=[_query(FULL_VPCS_QUERY, "taken", HOUR)],
        left_y_axis=cloudwatch.YAxisProps(min=0, max=1, show_units=False),
        width=WIDTH,
    )


def _health(functions: Sequence[WatchedFunction]) -> list[cloudwatch.GraphWidget]:
    """Give a graph for each thing that a function's health shows in, with a line for each function."""
    shown: dict[str, Callable[[WatchedFunction], cloudwatch.Metric]] = {
        "Runs": lambda each: each.function.metric_invocations(label=each.node.id, period=PERIOD),
        "Errors": lambda each: each.function.metric_errors(label=each.node.id, period=PERIOD),
        "Duration, longest": lambda each: each.function.metric_duration(
            label=each.node.id, period=PERIOD, statistic="Maximum"
        ),
        "Events given up on": lambda each: each.dead_letters.metric_approximate_number_of_messages_visible(
            label=each.node.id, period=PERIOD, statistic="Maximum"
        ),
    }
    return [
        cloudwatch.GraphWidget(title=title, left=[metric(each) for each in functions], width=WIDTH // len(shown))
        for title, metric in shown.items()
    ]


def _alarms(stack: Stack) -> cloudwatch.AlarmStatusWidget:
    """Show the alarms on our own functions; those on pools are answered by themselves."""
    alarms = [each for each in stack.node.find_all() if isinstance(each, cloudwatch.Alarm)]
    return cloudwatch.AlarmStatusWidget(title="Poolwarden's own alarms", alarms=alarms, width=WIDTH, height=3)
