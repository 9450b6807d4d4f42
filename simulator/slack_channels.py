"""AWS::Chatbot::SlackChannelConfiguration: recorded, and subscribed to its topics; Slack is not contacted.

CloudFormation user guide, "AWS::Chatbot::SlackChannelConfiguration": Ref and Arn are the configuration's ARN. Amazon Q
Developer in chat applications administrator guide: it subscribes an HTTPS endpoint of its own to each topic.
"""

from __future__ import annotations

from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, request_scope
from ministack.services import sns

TYPE = "AWS::Chatbot::SlackChannelConfiguration"
ENDPOINT = "https://global.sns-api.chatbot.amazonaws.com"
"""Who takes a topic's messages on to Slack: what the outbox shows as the deliveries' endpoint."""

Properties = dict[str, Any]

_REQUIRED = ("ConfigurationName", "IamRoleArn", "SlackChannelId", "SlackWorkspaceId")


def _create(_logical_id: str, properties: Properties, _stack_name: str) -> tuple[str, dict[str, str]]:
    if missing := [name for name in _REQUIRED if not properties.get(name)]:
        raise ValueError(f"Model validation failed: required key [{missing[0]}] not found")
    for topic in properties.get("SnsTopicArns") or ():
        _subscribe(topic)
    name = properties["ConfigurationName"]
    arn = f"arn:aws:chatbot::{get_account_id()}:chat-configuration/slack-channel/{name}"
    return arn, {"Arn": arn}


def _update(arn: str, old: Properties, new: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
    for topic in set(old.get("SnsTopicArns") or ()) - set(new.get("SnsTopicArns") or ()):
        _unsubscribe(topic)
    return _create(arn, new, stack_name)


def _delete(_arn: str, properties: Properties) -> None:
    for topic in properties.get("SnsTopicArns") or ():
        _unsubscribe(topic)


HANDLERS = {TYPE: {"create": _create, "update": _update, "delete": _delete}}
REPLACING_PROPERTIES = {TYPE: ("ConfigurationName", "SlackWorkspaceId")}


def _subscribe(topic_arn: str) -> None:
    if sns._topic_by_arn_any_scope(topic_arn) is None:
        raise ValueError(f"Topic {topic_arn} does not exist")
    with _scope(topic_arn):
        sns._subscribe({"TopicArn": [topic_arn], "Protocol": ["https"], "Endpoint": [ENDPOINT]})
        for subscription in _own(topic_arn):
            subscription["confirmed"] = True
            subscription["attributes"]["PendingConfirmation"] = "false"


def _unsubscribe(topic_arn: str) -> None:
    with _scope(topic_arn):
        for subscription in list(_own(topic_arn)):
            sns._unsubscribe({"SubscriptionArn": [subscription["arn"]]})


def _own(topic_arn: str) -> list[dict[str, Any]]:
    topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
    return [each for each in topic["subscriptions"] if each["endpoint"] == ENDPOINT]


def _scope(topic_arn: str) -> Any:  # noqa: ANN401 - MiniStack's context manager
    spec = parse_arn(topic_arn)
    return request_scope(spec.account_id, spec.region)
