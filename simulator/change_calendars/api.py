"""SSM's operations on documents of the type ChangeCalendar, and AWS::SSM::Document for them. MiniStack has neither."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import (
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)
from ministack.services import ssm

from simulator.change_calendars import icalendar
from simulator.clock import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.errors import Response

RESOURCE_TYPE = "AWS::SSM::Document"

_DOCUMENT_TYPE = "ChangeCalendar"
_documents = AccountRegionScopedDict()
"""Name → content, version and creation time of a change calendar."""

Properties = dict[str, Any]


class _Refusal(Exception):  # noqa: N818 - it answers a call
    """An error that SSM answers with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    """Put these operations before MiniStack's, and let policies name the calendar that is asked for."""
    ssm.handle_request = _answering(ssm.handle_request)
    iam_actions.extract_resource_arn = _naming_calendars(iam_actions.extract_resource_arn)


def _answering(handle: Any) -> Any:  # noqa: ANN401 - MiniStack's handler
    async def answered(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        operation = _OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            answer: Response = await handle(method, path, headers, body, query)
            return answer
        try:
            answer = json_response(operation(json.loads(body or b"{}")))
        except _Refusal as refusal:
            answer = error_response_json(refusal.code, str(refusal), 400)
        return answer

    return answered


def _naming_calendars(extract: Callable[..., str]) -> Callable[..., str]:
    def extracted(service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any) -> str:  # noqa: ANN401
        if headers.get("x-amz-target", "").endswith(".GetCalendarState"):
            names = json.loads(body or b"{}").get("CalendarNames") or ["*"]
            return _arn(str(names[0]))
        return extract(service, method, path, headers, body, *rest)

    return extracted


def _arn(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:ssm:{get_region()}:{get_account_id()}:document/{name}"


def _create(request: Properties) -> Properties:
    name = str(request.get("Name"))
    if request.get("DocumentType") != _DOCUMENT_TYPE:
        raise _Refusal("InvalidDocumentType", f"Only documents of the type {_DOCUMENT_TYPE} are simulated.")
    if name in _documents:
        raise _Refusal("DocumentAlreadyExists", f"Document with name {name} already exists.")
    _check(str(request.get("Content")))
    _documents[name] = {"content": request["Content"], "version": 1, "created": CLOCK.time()}
    return {"DocumentDescription": _description(name)}


def _update(request: Properties) -> Properties:
    name = str(request.get("Name"))
    document, content = _document(name), str(request.get("Content"))
    if content == document["content"]:
        raise _Refusal("DuplicateDocumentContent", "The content of the document duplicates another version.")
    _check(content)
    _documents[name] = {**document, "content": content, "version": document["version"] + 1}
    return {"DocumentDescription": _description(name)}


def _get(request: Properties) -> Properties:
    name = str(request.get("Name"))
    document = _document(name)
    described = _description(name)
    shared = ("Name", "CreatedDate", "DocumentVersion", "Status", "DocumentType", "DocumentFormat")
    return {**{member: described[member] for member in shared}, "Content": document["content"]}


def _describe(request: Properties) -> Properties:
    return {"Document": _description(str(request.get("Name")))}


def _delete(request: Properties) -> Properties:
    _document(str(request.get("Name")))
    _documents.pop(request["Name"])
    return {}


def _calendar_state(request: Properties) -> Properties:
    moment = _moment(request.get("AtTime"))
    calendars = [_calendar(str(name)) for name in request.get("CalendarNames") or ()]
    state = _state(calendars, moment)
    answer = {"State": state, "AtTime": _written(moment)}
    changes = sorted(change for each in calendars if (change := each.next_transition(moment)) is not None)
    if following := next((change for change in changes if _state(calendars, change) != state), None):
        answer["NextTransitionTime"] = _written(following)
    return answer


def _state(calendars: list[icalendar.Calendar], moment: datetime) -> str:
    """Several calendars are open when all of them are."""
    return icalendar.CLOSED if icalendar.CLOSED in [each.state(moment) for each in calendars] else icalendar.OPEN


def _calendar(name_or_arn: str) -> icalendar.Calendar:
    """A calendar of this account, by name or ARN, or one of another account that is shared, by ARN."""
    try:
        spec = parse_arn(_arn(name_or_arn))
    except ArnParseError:
        raise _Refusal("InvalidDocument", f"Document with name {name_or_arn} does not exist.") from None
    name = spec.resource.removeprefix("document/")
    document = _documents.get_scoped(spec.account_id, spec.region, name)
    if document is None or spec.account_id != get_account_id():
        raise _Refusal("InvalidDocument", f"Document with name {name} does not exist.")
    return icalendar.parse(document["content"])


def _moment(given: str | None) -> datetime:
    if not given:
        return CLOCK.now()
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise _Refusal("ValidationException", f"{given} is no time in ISO 8601 form.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check(content: str) -> None:
    try:
        icalendar.parse(content)
    except icalendar.InvalidCalendarError as error:
        raise _Refusal("InvalidDocumentContent", str(error)) from None


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] | None = _documents.get(name)
    if document is None:
        raise _Refusal("InvalidDocument", f"Document with name {name} does not exist.")
    return document


def _description(name: str) -> Properties:
    document = _document(name)
    return {
        "Name": name,
        "Owner": get_account_id(),
        "CreatedDate": document["created"],
        "Status": "Active",
        "DocumentVersion": str(document["version"]),
        "LatestVersion": str(document["version"]),
        "DefaultVersion": str(document["version"]),
        "DocumentType": _DOCUMENT_TYPE,
        "DocumentFormat": "TEXT",
        "Hash": hashlib.sha256(document["content"].encode()).hexdigest(),
        "HashType": "Sha256",
    }


_OPERATIONS = {
    "CreateDocument": _create,
    "DeleteDocument": _delete,
    "DescribeDocument": _describe,
    "GetCalendarState": _calendar_state,
    "GetDocument": _get,
    "UpdateDocument": _update,
}


def _provision(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
    name = properties.get("Name") or f"{stack_name}-{logical_id}"
    _create({**properties, "Name": name})
    return name, {}


def _change(name: str, old: Properties, new: Properties, _stack_name: str) -> tuple[str, dict[str, str]]:
    if old.get("Content") != new.get("Content"):
        _update({"Name": name, "Content": new.get("Content")})
    return name, {}


def _take_away(name: str, _properties: Properties) -> None:
    _documents.pop(name, None)


HANDLERS = {RESOURCE_TYPE: {"create": _provision, "update": _change, "delete": _take_away}}
REPLACING_PROPERTIES = {RESOURCE_TYPE: ("DocumentType", "Name")}
