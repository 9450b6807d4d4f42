"""The operations of AWS RAM's API on resource shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator import protocol
from simulator.errors import error_response
from simulator.moto_services import exclusively
from simulator.organization import organization_of
from simulator.resource_shares import shares
from simulator.resource_shares.shares import ASSOCIATED, ResourceShare, ShareError, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.aws_call import AwsCall
    from simulator.errors import Response
    from simulator.resource_shares.shares import Invitation

SERVICE = "ram"

_Request = dict[str, Any]
_shares: dict[str, ResourceShare] = {}


def answer(call: AwsCall) -> Response:
    """Carry out a call."""
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        message = f"{call.operation} of AWS RAM is not simulated"
        return error_response(call, code="NotImplemented", message=message, status=501)
    try:
        with exclusively():
            result = operation(call, protocol.parameters_of(call))
        return protocol.answer(SERVICE, call.operation, result)
    except ShareError as error:
        return error_response(call, code=error.code, message=str(error))


def _create(call: AwsCall, request: _Request) -> _Request:
    share = ResourceShare(
        name=request["name"],
        owner=call.account,
        region=call.region,
        allow_external=request.get("allowExternalPrincipals", True),
        tags={tag["key"]: tag["value"] for tag in request.get("tags") or ()},
    )
    share.add(resources=request.get("resourceArns") or (), principals=request.get("principals") or ())
    _shares[share.arn] = share
    return {"resourceShare": describe(share)}


def _associate(call: AwsCall, request: _Request) -> _Request:
    share = _own(call, request)
    resources, principals = request.get("resourceArns") or (), request.get("principals") or ()
    share.add(resources=resources, principals=principals)
    return {"resourceShareAssociations": [*_resources(share, resources), *_principals(share, principals)]}


def _disassociate(call: AwsCall, request: _Request) -> _Request:
    share = _own(call, request)
    resources, principals = request.get("resourceArns") or (), request.get("principals") or ()
    leaving = [*_resources(share, resources), *_principals(share, principals)]
    share.remove(resources=resources, principals=principals)
    return {"resourceShareAssociations": [{**each, "status": "DISASSOCIATED"} for each in leaving]}


def _delete(call: AwsCall, request: _Request) -> _Request:
    _own(call, request).delete()
    return {"returnValue": True}


def _list_shares(call: AwsCall, request: _Request) -> _Request:
    arns, name = request.get("resourceShareArns"), request.get("name")
    return {
        "resourceShares": [
            describe(share)
            for share in _visible(call, request["resourceOwner"])
            if (not arns or share.arn in arns) and name in (None, share.name)
        ]
    }


def _list_associations(call: AwsCall, request: _Request) -> _Request:
    arns, status = request.get("resourceShareArns"), request.get("associationStatus")
    own = [share for share in _visible(call, "SELF") if not arns or share.arn in arns]
    if request["associationType"] == "PRINCIPAL":
        wanted, listed = request.get("principal"), [each for share in own for each in _principals(share)]
    else:
        wanted, listed = request.get("resourceArn"), [each for share in own for each in _resources(share)]
    return {
        "resourceShareAssociations": [
            each for each in listed if wanted in (None, each["associatedEntity"]) and status in (None, each["status"])
        ]
    }


def _list_resources(call: AwsCall, request: _Request) -> _Request:
    arns, kind = request.get("resourceShareArns"), request.get("resourceType")
    return {
        "resources": [
            {
                "arn": arn,
                "type": shares.kind_of(arn),
                "resourceShareArn": share.arn,
                "status": "AVAILABLE",
                "creationTime": share.created,
                "lastUpdatedTime": share.created,
                "resourceRegionScope": "REGIONAL",
            }
            for share in _visible(call, request["resourceOwner"])
            if not arns or share.arn in arns
            for arn in share.resources
            if kind in (None, shares.kind_of(arn))
        ]
    }


def _list_invitations(call: AwsCall, request: _Request) -> _Request:
    arns = request.get("resourceShareInvitationArns")
    return {
        "resourceShareInvitations": [
            _invitation(share, each) for share, each in _invitations(call) if not arns or each.arn in arns
        ]
    }


def _accept(call: AwsCall, request: _Request) -> _Request:
    for share, invitation in _invitations(call):
        if invitation.arn == request["resourceShareInvitationArn"]:
            share.accept(invitation)
            return {"resourceShareInvitation": _invitation(share, invitation)}
    message = f"ResourceShareInvitation {request['resourceShareInvitationArn']} could not be found."
    raise ShareError("ResourceShareInvitationArnNotFoundException", message)


def _enable_organization(call: AwsCall, _request: _Request) -> _Request:
    organization = organization_of(call.account)
    if organization is None or organization.management_account != call.account:
        message = "Unable to enable sharing with AWS Organizations. Only the management account can do so."
        raise ShareError("OperationNotPermittedException", message)
    shares.sharing_organizations.add(organization.id)
    return {"returnValue": True}


_OPERATIONS: dict[str, Callable[[AwsCall, _Request], _Request]] = {
    "AcceptResourceShareInvitation": _accept,
    "AssociateResourceShare": _associate,
    "CreateResourceShare": _create,
    "DeleteResourceShare": _delete,
    "DisassociateResourceShare": _disassociate,
    "EnableSharingWithAwsOrganization": _enable_organization,
    "GetResourceShareAssociations": _list_associations,
    "GetResourceShareInvitations": _list_invitations,
    "GetResourceShares": _list_shares,
    "ListResources": _list_resources,
}


def _own(call: AwsCall, request: _Request) -> ResourceShare:
    share = _shares.get(request["resourceShareArn"])
    if share is None or (share.owner, share.region, share.status) != (call.account, call.region, "ACTIVE"):
        raise ShareError("UnknownResourceException", f"ResourceShare {request['resourceShareArn']} could not be found.")
    return share


def _visible(call: AwsCall, owner: str) -> Iterator[ResourceShare]:
    """The account's own shares in this Region (SELF), or those of others that it may use (OTHER-ACCOUNTS)."""
    for share in _shares.values():
        if share.region != call.region:
            continue
        if share.owner == call.account if owner == "SELF" else _reaches(share, call.account):
            yield share


def _reaches(share: ResourceShare, account: str) -> bool:
    organization = organization_of(account)
    entities = {account, *([*organization.line_of(account), organization.id] if organization else [])}
    admitted = {each.rpartition("/")[2] for each, status in share.principals.items() if status == ASSOCIATED}
    return share.owner != account and not entities.isdisjoint(admitted)


def _invitations(call: AwsCall) -> Iterator[tuple[ResourceShare, Invitation]]:
    for share in _shares.values():
        if share.region == call.region and call.account in share.invitations:
            yield share, share.invitations[call.account]


def _invitation(share: ResourceShare, invitation: Invitation) -> _Request:
    return {
        "resourceShareInvitationArn": invitation.arn,
        "resourceShareName": share.name,
        "resourceShareArn": share.arn,
        "senderAccountId": share.owner,
        "receiverAccountId": invitation.receiver,
        "invitationTimestamp": invitation.at,
        "status": invitation.status,
    }


def _resources(share: ResourceShare, only: Any = None) -> list[_Request]:  # noqa: ANN401 - a collection of ARNs
    kept = [arn for arn in share.resources if only is None or arn in only]
    return [_association(share, arn, "RESOURCE", ASSOCIATED) for arn in kept]


def _principals(share: ResourceShare, only: Any = None) -> list[_Request]:  # noqa: ANN401 - a collection of ids
    kept = {each: status for each, status in share.principals.items() if only is None or each in only}
    return [_association(share, each, "PRINCIPAL", status) for each, status in kept.items()]


def _association(share: ResourceShare, entity: str, kind: str, status: str) -> _Request:
    return {
        "resourceShareArn": share.arn,
        "resourceShareName": share.name,
        "associatedEntity": entity,
        "associationType": kind,
        "status": status,
        "creationTime": share.created,
        "lastUpdatedTime": share.created,
        "external": entity in share.invitations,
    }
