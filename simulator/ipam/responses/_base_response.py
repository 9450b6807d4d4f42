"""What the responses of all IPAM operations share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.responses._base_response import EC2BaseResponse

from simulator.ipam.exceptions import InvalidParameterValueError, MissingParameterError, ReservedTagKeyError
from simulator.ipam.pagination import PageBounds, page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

USUAL_PAGE = PageBounds(least=5, most=1000)


class IpamBaseResponse(EC2BaseResponse):
    """Reads parameters and writes answers."""

    def _required(self, name: str) -> Any:  # noqa: ANN401 - a parameter of any type
        value = self._get_param(name)
        if value is None:
            raise MissingParameterError(name[0].lower() + name[1:])
        return value

    def _one_of(self, name: str, *choices: str) -> str | None:
        value = self._get_param(name)
        if value is not None and value not in choices:
            raise InvalidParameterValueError(
                f"Value ({value}) for parameter {name} is invalid. Valid values: {', '.join(choices)}."
            )
        return value

    def _tags(self, kind: str) -> dict[str, str]:
        """The tags of TagSpecifications, which must be for this type of resource."""
        tags: dict[str, str] = self._parse_tag_specification(kind).get(kind, {})
        refuse_reserved(tags)
        return tags

    def _key_values(self, name: str) -> dict[str, str]:
        return {item["Key"]: item.get("Value", "") for item in self._get_param(name, [])}

    def _region_names(self, name: str) -> list[str]:
        return [item["RegionName"] for item in self._get_param(name, [])]

    def _once(self, make: Callable[[], dict[str, Any]]) -> ActionResult:
        """The answer that `make` makes, once for each ClientToken."""
        parameters = _plain(self._get_params())
        token = parameters.pop("ClientToken", None)
        return ActionResult(self.ec2_backend.answer_once(self._get_action(), token, parameters, make))

    def _page(
        self,
        name: str,
        items: Sequence[Any],
        *,
        bounds: PageBounds = USUAL_PAGE,
        key: Callable[[Any], Any] = lambda item: item.sequence,
        view: Callable[[Any], Any] = lambda item: item,
    ) -> ActionResult:
        """The page of `items` that the request asks for."""
        found, next_token = page(
            items,
            key=key,
            bounds=bounds,
            max_results=self._get_int_param("MaxResults"),
            next_token=self._get_param("NextToken"),
            view=view,
        )
        return ActionResult({name: found, "NextToken": next_token})


def refuse_reserved(tags: Mapping[str, str]) -> None:
    """InvalidParameterValue for a tag that only AWS may set."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise ReservedTagKeyError


def _plain(value: Any) -> Any:  # noqa: ANN401 - a parsed request
    """The request as plain dictionaries and lists, with the names of its parameters as AWS writes them."""
    if hasattr(value, "original_dict"):
        value = value.original_dict()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
