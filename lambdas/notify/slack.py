"""A message as Amazon Q Developer in chat applications takes it, which writes it into a Slack channel.

Its custom-notification schema: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lambdas.notify.message import one_line

if TYPE_CHECKING:
    from lambdas.notify.message import Message, Part

LONGEST_TITLE = 250
LONGEST_DESCRIPTION = 3000  # Slack's own limit for a section, https://api.slack.com/reference/block-kit/blocks
SYMBOLS = {"info": ":information_source:", "warning": ":warning:", "critical": ":rotating_light:"}
KEYWORDS = ("severity", "remediation", "outcome", "reason", "account")


def notification(message: Message) -> str:
    """Write a message as JSON; what belongs together stays in one thread."""
    severity = message.attributes["severity"]
    return json.dumps(
        {
            "version": "1.0",
            "source": "custom",
            "content": {
                "textType": "client-markdown",
                "title": _shortened(f"{SYMBOLS[severity]} {_escaped(message.title)}", LONGEST_TITLE),
                "description": _description(message),
                "nextSteps": [f"{part.name}: {_escaped(part.text)}" for part in message.parts if part.is_step],
                "keywords": [_escaped(message.attributes[name]) for name in KEYWORDS if name in message.attributes],
            },
            "metadata": {
                "threadId": message.about,
                "summary": _escaped(message.subject),
                "eventType": message.attributes["kind"],
                "relatedResources": [_escaped(each) for each in message.resources],
                "additionalContext": {name: _escaped(value) for name, value in message.attributes.items()},
            },
        }
    )


def _description(message: Message) -> str:
    return _shortened("\n".join(_written(part) for part in message.parts if not part.is_step), LONGEST_DESCRIPTION)


def _written(part: Part) -> str:
    if not part.items:
        return f"*{part.name}* {_escaped(part.text)}"
    return "\n".join([f"*{part.name}*", *(f"• {_escaped(item)}" for item in part.items)])


def _escaped(text: str) -> str:
    """Let a resource's name or tag mean nothing to Slack, such as a mention of everybody.

    https://api.slack.com/reference/surfaces/formatting#escaping
    """
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
