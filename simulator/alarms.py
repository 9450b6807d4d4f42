"""CloudWatch's alarms in the simulated account: metrics published, alarms evaluated, their actions delivered."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch, sns

from simulator.clock import CLOCK
from simulator.cloudwatch import actions, payloads
from simulator.cloudwatch.alarms import AlarmState, State, Transition, evaluate, initial_state
from simulator.cloudwatch.judgement import EXTRA_PERIODS
from simulator.cloudwatch.metrics import MetricStore
from simulator.cloudwatch.reasons import INITIAL
from simulator.cloudwatch.sns_message import sns_message, sns_subject
from simulator.delivery import eventbridge, functions, sqs
from simulator.delivery.resource_policies import function_allows, topic_allows
from simulator.elastic_ips import metrics as elastic_ip_metrics
from simulator.ipam import metrics as ipam_metrics
from simulator.moto_services import exclusively

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from simulator.cloudwatch.judgement import StateValue

ALARM_SERVICE = "lambda.alarms.cloudwatch.amazonaws.com"
"""The principal that a function's policy must allow for a direct alarm action."""

LOST_TOPIC_KEY = "alias/aws/sns"
"""CloudWatch may not use this key: alarm actions to a topic encrypted with it are lost without a word."""

_MINUTE = 60.0


class TransitionLog:
    """Every change of an alarm's or a contributor's state since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []

    def record(self, *, name: str, contributor: Mapping[str, str] | None, before: str, after: str) -> None:
        """Note a change; `contributor` is the attributes of the one that changed, None for the alarm itself."""
        with self._lock:
            self._entries.append({"name": name, "contributor": contributor, "from": before, "to": after})

    def count(self) -> int:
        """How many changes there have been."""
        return len(self._entries)

    def since(self, count: int) -> list[dict[str, Any]]:
        """The changes after the first `count`."""
        with self._lock:
            return self._entries[count:]


TRANSITIONS = TransitionLog()
_STORES: dict[tuple[str, str], MetricStore] = defaultdict(MetricStore)
_STATES: dict[str, AlarmState] = {}


class _Gauges:
    """What IPAM and SQS measure, published once a minute as on AWS: more often, sums would count things twice."""

    def __init__(self) -> None:
        self._published = 0.0

    def publish(self) -> None:
        """Publish everything as of now, for the last full minute: the newest that an evaluation looks at."""
        stamp = CLOCK.time() // _MINUTE * _MINUTE - _MINUTE
        if stamp == self._published:
            return
        self._published = stamp
        with exclusively():
            points = [*ipam_metrics.datapoints(), *elastic_ip_metrics.datapoints()]
        for point in points:
            dimensions = dict(point.dimensions)
            _publish(
                point.account, point.region, point.namespace, point.name, dimensions, stamp, point.value, point.unit
            )
        for account, region, queue, name, value, unit in sqs.queue_metrics():
            _publish(account, region, "AWS/SQS", name, {"QueueName": queue}, stamp, value, unit)


_GAUGES = _Gauges()


def install() -> None:
    """Take MiniStack's alarms over: it keeps the definitions, the evaluation and the actions are ours."""
    cloudwatch._evaluate_alarm = lambda _alarm: None
    cloudwatch._evaluate_all_alarms = lambda: None
    cloudwatch._dispatch_alarm_actions = _state_was_set
    cloudwatch._store_datum = _also_stored(cloudwatch._store_datum)


def publish_function_metric(account: str, region: str, name: str, function: str, value: float, unit: str) -> None:
    """Publish a metric of a function as of now."""
    _publish(account, region, "AWS/Lambda", name, {"FunctionName": function}, CLOCK.time(), value, unit)


def publish_and_evaluate() -> bool:
    """Publish the gauges as of now and evaluate every alarm; whether any state changed."""
    _GAUGES.publish()
    changed = [_evaluate(account, region, alarm) for account, region, alarm in _alarms()]
    return any(changed)


def metrics_of(account: str, region: str) -> MetricStore:
    """The metrics of one account and Region."""
    return _STORES[account, region]


def longest_window(limit: float) -> float:
    """Seconds of quiet after which no alarm can change any more without new events.

    An alarm that looks back for more than `limit` seconds does not count: it is not what one waits for.
    """
    windows = (_window(alarm) for _, _, alarm in _alarms())
    return max((window for window in windows if window <= limit), default=0.0) + 2 * _MINUTE


def _window(alarm: Mapping[str, Any]) -> float:
    periods = [query.get("Period") or query.get("MetricStat", {}).get("Period") for query in alarm.get("Metrics") or ()]
    period = max((float(p) for p in [*periods, alarm.get("Period")] if p), default=_MINUTE)
    return period * (int(alarm["EvaluationPeriods"]) + EXTRA_PERIODS)


def _alarms() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for (account, region, _), alarm in cloudwatch._alarms.all_items():
        yield account, region, alarm


def _publish(
    account: str,
    region: str,
    namespace: str,
    name: str,
    dimensions: dict[str, str],
    stamp: float,
    value: float,
    unit: str,
) -> None:
    with request_scope(account, region):
        cloudwatch._store_datum(namespace, name, dimensions, stamp, unit, value, None, None, None)


def _also_stored(store: Callable[..., None]) -> Callable[..., None]:
    """Keep each datum for the evaluation too; MiniStack's own store serves GetMetricStatistics and ListMetrics."""

    def stored(
        namespace: str,
        name: str,
        dims: dict[str, str],
        ts: float,
        unit: str | None,
        value: float | None,
        values: list[float] | None,
        counts: list[float] | None,
        stat_values: dict[str, float] | None,
    ) -> None:
        store(namespace, name, dims, ts, unit, value, values, counts, stat_values)
        metrics = _STORES[get_account_id(), get_region()]
        if stat_values is not None:
            metrics.put_statistic_set(
                namespace,
                name,
                dims,
                ts,
                sample_count=float(stat_values["SampleCount"]),
                total=float(stat_values["Sum"]),
                minimum=float(stat_values["Minimum"]),
                maximum=float(stat_values["Maximum"]),
                unit=unit,
            )
            return
        weighted = zip(values, counts or [1.0] * len(values), strict=True) if values else [(value or 0.0, 1.0)]
        for each, count in weighted:
            metrics.put(namespace, name, dims, ts, float(each), unit, float(count))

    return stored


def _evaluate(account: str, region: str, alarm: dict[str, Any]) -> bool:
    previous = state_of(alarm)
    current, transitions = evaluate(alarm, previous, _STORES[account, region], CLOCK.time())
    _STATES[alarm["AlarmArn"]] = current
    if current.value != alarm["StateValue"]:
        alarm["StateUpdatedTimestamp"] = current.updated
    alarm.update(StateValue=current.value, StateReason=current.reason)
    if current.reason_data:
        alarm["StateReasonData"] = current.reason_data
    for transition in transitions:
        _announce(account, region, alarm, transition)
    return bool(transitions)


def state_of(alarm: Mapping[str, Any]) -> AlarmState:
    """What the alarm's state was, in our form; a new alarm's, or one that somebody set, is MiniStack's record."""
    known = _STATES.get(alarm["AlarmArn"])
    if known is None or alarm["StateReason"] == INITIAL:  # a deleted alarm leaves nothing to its successor
        return initial_state(alarm["StateUpdatedTimestamp"])
    if known.value == alarm["StateValue"]:
        return known
    return AlarmState(
        value=alarm["StateValue"],
        reason=alarm["StateReason"],
        updated=alarm["StateUpdatedTimestamp"],
        contributors=known.contributors,
    )


def _state_was_set(alarm: dict[str, Any], old: StateValue, new: StateValue, reason: str) -> None:
    """SetAlarmState: announced like any change; the next evaluation corrects it."""
    before = State(value=old, reason="", updated=CLOCK.time())
    after = State(value=new, reason=reason, updated=CLOCK.time(), reason_data=alarm.get("StateReasonData"))
    _announce(get_account_id(), get_region(), alarm, Transition(previous=before, current=after))


def _announce(account: str, region: str, alarm: dict[str, Any], transition: Transition) -> None:
    """Record a change, tell EventBridge, and carry out the alarm's actions."""
    contributor = transition.contributor
    TRANSITIONS.record(
        name=alarm["AlarmName"],
        contributor=dict(contributor.attributes) if contributor else None,
        before=transition.previous.value,
        after=transition.current.value,
    )
    if contributor is None:
        with request_scope(account, region):
            cloudwatch._record_history(
                alarm["AlarmName"],
                transition.previous.value,
                transition.current.value,
                transition.current.reason,
            )
    eventbridge.put_aws_event(
        account=account,
        region=region,
        source="aws.cloudwatch",
        detail_type=payloads.event_detail_type(transition),
        detail=payloads.event_detail(alarm, transition),
        resources=[alarm["AlarmArn"]],
    )
    for action in actions.actions(alarm, transition):
        _act(account, region, alarm, transition, action)


def _act(account: str, region: str, alarm: dict[str, Any], transition: Transition, action: str) -> None:
    service = actions.service_of(action)
    if service == "lambda":
        if function_allows(action, service=ALARM_SERVICE, source_arn=alarm["AlarmArn"]):
            payload = payloads.lambda_payload(alarm, transition, account=account, region=region)
            functions.invoke_async(action, payload, woken_by="alarm")
    elif service == "sns":
        topic = sns._topic_by_arn_any_scope(action)
        if topic is None or topic.get("attributes", {}).get("KmsMasterKeyId") == LOST_TOPIC_KEY:
            return
        if not topic_allows(action, service="cloudwatch.amazonaws.com", source_arn=alarm["AlarmArn"]):
            return
        configured = float(alarm["AlarmConfigurationUpdatedTimestamp"])
        message = sns_message(alarm, transition, account=account, region=region, configured=configured)
        with request_scope(account, region), contextlib.suppress(sns.SnsPublishError):
            sns.publish_internal(action, message, sns_subject(alarm, transition, region=region))
