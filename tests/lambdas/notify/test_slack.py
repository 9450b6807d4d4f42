"""What Slack is given: the custom-notification schema of Amazon Q Developer in chat applications."""

from __future__ import annotations

import json

from lambdas.notify.plan import Means, message
from lambdas.notify.slack import LONGEST_DESCRIPTION, LONGEST_TITLE, notification
from tests.lambdas.notify.decisions import release

MEANS = Means(mode_parameter="/poolwarden/mode", tag_prefix="poolwarden")


def test_a_message_has_the_form_of_the_schema() -> None:
    document = json.loads(notification(message(release(), contacts={}, means=MEANS)))
    assert (document["version"], document["source"]) == ("1.0", "custom")
    content, metadata = document["content"], document["metadata"]
    assert content["textType"] == "client-markdown"
    assert content["title"].startswith(":information_source: 203.0.113.7 (eipalloc-")
    assert "*Where* eipalloc-0a1b2c3d4e5f60718, named build-7" in content["description"]
    assert [step.partition(":")[0] for step in content["nextSteps"]] == ["Undo", "Stop"]
    assert content["keywords"] == ["info", "release_eips", "done", "idle", "111122223333"]
    assert metadata["threadId"] == "0123456789abcdef"
    assert metadata["eventType"] == "decision"
    assert metadata["relatedResources"] == ["eipalloc-0a1b2c3d4e5f60718"]


def test_a_tag_cannot_mention_everybody() -> None:
    item = release(detail={"before": {"tags": {"Name": "<!channel> & more"}}})
    text = notification(message(item, contacts={}, means=MEANS))
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; more" in text


def test_long_texts_are_cut() -> None:
    item = release(resource_id="r" * 400, detail={"before": {}, "why": "because " * 1000})
    content = json.loads(notification(message(item, contacts={}, means=MEANS)))["content"]
    assert len(content["title"]) == LONGEST_TITLE
    assert len(content["description"]) == LONGEST_DESCRIPTION
