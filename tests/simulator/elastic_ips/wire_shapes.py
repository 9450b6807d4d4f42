"""Holding an answer of EC2's or ELB's against its shape in botocore: no unknown member, no required one missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from botocore.model import ListShape, OperationModel, Shape, StructureShape

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVELOPE = frozenset({"requestId", "return"})
"""What EC2 adds to an answer without saying so in the model."""

FIRST_ERROR_STATUS = 400


def check_answer(http_response: Any, model: OperationModel, **_: Any) -> None:
    """A listener for botocore's `after-call`."""
    if http_response.status_code >= FIRST_ERROR_STATUS:
        return
    root = ET.fromstring(http_response.content)  # noqa: S314 - our own answer
    shape = model.output_shape or StructureShape("Nothing", {"type": "structure"})
    if wrapper := shape.serialization.get("resultWrapper"):
        root = next(child for child in root if _local(child) == wrapper)
    found = list(_departures(root, shape, model.name))
    assert found == []


def _departures(element: ET.Element, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        present = {_local(child): child for child in element}
        for tag, child in present.items():
            if tag in members:
                yield from _departures(child, members[tag][1], f"{path}.{tag}")
            elif tag not in ENVELOPE:
                yield f"unknown: {path}.{tag}"
        missing = (tag for tag, (name, _) in members.items() if name in shape.required_members and tag not in present)
        yield from (f"missing: {path}.{tag}" for tag in missing)
    elif isinstance(shape, ListShape):
        for child in element:
            yield from _departures(child, shape.member, f"{path}[]")


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
