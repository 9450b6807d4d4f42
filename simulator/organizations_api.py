"""AWS Organizations as accounts of one organisation see it; MiniStack gives each account an organisation of its own.

The management account and delegated administrators see the whole organisation, members what it is called (Organizations
API reference, "DescribeOrganization" and "ListAccounts").
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, get_account_id, json_response, request_scope
from ministack.services import organizations

from simulator.clock import CLOCK
from simulator.organization import found, join, organization_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.organization import Organization

_Answer = tuple[int, dict[str, str], bytes]
_REGION = "us-east-1"

_handshakes: dict[str, dict[str, Any]] = {}
_trusted_services: dict[str, dict[str, float]] = {}
"""Organisation id → service principal → since when."""

_delegated: dict[tuple[str, str], dict[str, float]] = {}
"""Organisation id and service principal → account → since when."""

_listeners: list[Callable[[Organization], None]] = []


class _Refusal(Exception):  # noqa: N818 - it answers a call
    """An error that the API answers with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    """Put this in front of MiniStack's operations."""
    organizations.handle_request = _answering(organizations.handle_request)


def on_change(listener: Callable[[Organization], None]) -> None:
    """Tell `listener` whenever accounts come, go or move."""
    _listeners.append(listener)


def is_delegated_administrator(account: str, service: str) -> bool:
    """Whether the account acts for the organisation in the service (`member.org.stacksets.cloudformation...`)."""
    organization = organization_of(account)
    return organization is not None and account in _delegated.get((organization.id, service), {})


def trusts(organization: Organization, service: str) -> bool:
    """Whether the organisation gave the service access (EnableAWSServiceAccess)."""
    return service in _trusted_services.get(organization.id, {})


def trust(organization: Organization, service: str) -> None:
    """Give the service access to the organisation."""
    _trusted_services.setdefault(organization.id, {})[service] = CLOCK.time()


def delegate(organization: Organization, service: str, account: str) -> None:
    """Give the service access to the organisation, and let a member act for the organisation in it."""
    trust(organization, service)
    _delegated.setdefault((organization.id, service), {})[account] = CLOCK.time()


def _answering(handle: Any) -> Any:  # noqa: ANN401 - MiniStack's handler
    async def answered(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> _Answer:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            if own := _WITHOUT_ORGANIZATION.get(operation):
                return _json(own(json.loads(body or b"{}")))
            organization = _organization(operation)
            with request_scope(organization.management_account, _REGION):
                if ours := _OPERATIONS.get(operation):
                    answer = _json(ours(organization, json.loads(body or b"{}")))
                else:
                    answer = await handle(method, path, headers, body, query)
        except _Refusal as refusal:
            refused: _Answer = error_response_json(refusal.code, str(refusal), 400)
            return refused
        if operation in _CHANGING and (changed := organization_of(organization.management_account)):
            for listener in _listeners:
                listener(changed)
        return answer

    return answered


def _organization(operation: str) -> Organization:
    caller = get_account_id()
    organization = organization_of(caller)
    if organization is None:
        raise _Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    administers = any(caller in accounts for (of, _), accounts in _delegated.items() if of == organization.id)
    reads = operation.startswith(("Describe", "List")) and administers
    if caller != organization.management_account and operation != "DescribeOrganization" and not reads:
        raise _Refusal("AccessDeniedException", "You don't have permissions to access this resource.")
    return organization


def _create(_request: dict[str, Any]) -> dict[str, Any]:
    account = get_account_id()
    if organization_of(account):
        raise _Refusal("AlreadyInOrganizationException", "The AWS account is already a member of an organization.")
    found(account)
    return {"Organization": dict(organizations._orgs["self"])}


def _invite(organization: Organization, request: dict[str, Any]) -> dict[str, Any]:
    account = str((request.get("Target") or {}).get("Id"))
    if organization_of(account):
        raise _Refusal("DuplicateHandshakeException", f"The account {account} is in an organization already.")
    handshake_id = f"h-{uuid.uuid4().hex[:32]}"
    _handshakes[handshake_id] = {
        "Id": handshake_id,
        "Parties": [{"Id": organization.id, "Type": "ORGANIZATION"}, {"Id": account, "Type": "ACCOUNT"}],
        "State": "OPEN",
        "Action": "INVITE",
        "RequestedTimestamp": CLOCK.time(),
    }
    return {"Handshake": _handshakes[handshake_id]}


def _accept(request: dict[str, Any]) -> dict[str, Any]:
    account = get_account_id()
    handshake = _handshakes.get(str(request.get("HandshakeId")))
    if handshake is None or handshake["Parties"][1]["Id"] != account or handshake["State"] != "OPEN":
        raise _Refusal(
            "HandshakeNotFoundException", "We can't find a handshake with the HandshakeId that you specified."
        )
    inviting = next(
        each for each in map(organization_of, _managers()) if each and each.id == handshake["Parties"][0]["Id"]
    )
    changed = join(inviting, account)
    handshake["State"] = "ACCEPTED"
    for listener in _listeners:
        listener(changed)
    return {"Handshake": handshake}


def _managers() -> list[str]:
    return [manager for manager, _ in list(organizations._orgs._data)]


def _remove(organization: Organization, request: dict[str, Any]) -> dict[str, Any]:
    account = str(request.get("AccountId"))
    if account not in organization.accounts or account == organization.management_account:
        raise _Refusal("AccountNotFoundException", f"We can't find an AWS account with the AccountId {account}.")
    organizations._accounts.pop(account)
    return {}


def _delete(organization: Organization, _request: dict[str, Any]) -> dict[str, Any]:
    manager = organization.management_account
    if organization.accounts != (manager,):
        raise _Refusal("OrganizationNotEmptyException", "The organization has accounts besides the management account.")
    for store in (organizations._orgs, organizations._roots, organizations._ous, organizations._accounts):
        for key in list(store):
            store.pop(key)
    return {}


def _trust_service(organization: Organization, request: dict[str, Any]) -> dict[str, Any]:
    trust(organization, str(request.get("ServicePrincipal")))
    return {}


def _list_trusted_services(organization: Organization, _request: dict[str, Any]) -> dict[str, Any]:
    trusted = _trusted_services.get(organization.id, {})
    return {
        "EnabledServicePrincipals": [
            {"ServicePrincipal": service, "DateEnabled": since} for service, since in trusted.items()
        ]
    }


def _delegate(organization: Organization, request: dict[str, Any]) -> dict[str, Any]:
    account, service = str(request.get("AccountId")), str(request.get("ServicePrincipal"))
    if account not in organization.accounts:
        raise _Refusal("AccountNotFoundException", f"We can't find an AWS account with the AccountId {account}.")
    registered = _delegated.setdefault((organization.id, service), {})
    if account in registered:
        raise _Refusal(
            "AccountAlreadyRegisteredException", f"{account} is a delegated administrator of {service} already."
        )
    registered[account] = CLOCK.time()
    return {}


def _end_delegation(organization: Organization, request: dict[str, Any]) -> dict[str, Any]:
    registered = _delegated.get((organization.id, str(request.get("ServicePrincipal"))), {})
    if registered.pop(str(request.get("AccountId")), None) is None:
        raise _Refusal("AccountNotRegisteredException", f"{request.get('AccountId')} is no delegated administrator.")
    return {}


def _list_delegated(organization: Organization, request: dict[str, Any]) -> dict[str, Any]:
    service = request.get("ServicePrincipal")
    since = {
        account: time
        for (of, principal), accounts in _delegated.items()
        if of == organization.id and service in (None, principal)
        for account, time in accounts.items()
    }
    members = {each["Id"]: organizations._public_account(each) for each in organizations._accounts.values()}
    return {
        "DelegatedAdministrators": [
            {**members[account], "DelegationEnabledDate": time} for account, time in since.items()
        ]
    }


_WITHOUT_ORGANIZATION = {"CreateOrganization": _create, "AcceptHandshake": _accept}

_OPERATIONS = {
    "DeleteOrganization": _delete,
    "DeregisterDelegatedAdministrator": _end_delegation,
    "EnableAWSServiceAccess": _trust_service,
    "InviteAccountToOrganization": _invite,
    "ListAWSServiceAccessForOrganization": _list_trusted_services,
    "ListDelegatedAdministrators": _list_delegated,
    "RegisterDelegatedAdministrator": _delegate,
    "RemoveAccountFromOrganization": _remove,
}

_CHANGING = frozenset({"CloseAccount", "CreateAccount", "MoveAccount", "RemoveAccountFromOrganization"})


def _json(document: dict[str, Any]) -> _Answer:
    answer: _Answer = json_response(document)
    return answer
