"""Tags of load balancers and what belongs to them.

Application Load Balancers user guide, "Tags": at most 50 a resource, keys up to 128 and values up to 256 characters,
none that begins with `aws:`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.load_balancers.exceptions import TooManyTagsError, ValidationError
from simulator.load_balancers.models.core import LoadBalancerBackendParts

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TAGS = 50
MOST_RESOURCES = 20
LONGEST_KEY = 128
LONGEST_VALUE = 256


class TagsBackend(LoadBalancerBackendParts):
    """AddTags, RemoveTags and DescribeTags."""

    if TYPE_CHECKING:

        def _get_resource_by_arn(self, arn: str) -> Any: ...  # noqa: ANN401 - moto is untyped

    def add_tags(self, resource_arns: Sequence[str], tags: Mapping[str, str] | Sequence[Mapping[str, str]]) -> None:
        """Tag all resources, or none if one of them cannot be tagged so. moto gives a target group's tags as a list."""
        if not isinstance(tags, Mapping):
            tags = {tag["Key"]: tag.get("Value", "") for tag in tags}
        for arn in resource_arns:
            self._must_exist(arn)
            self.check_tags({**self.tagging_service.get_tag_dict_for_resource(arn), **tags})
        for arn in resource_arns:
            self.tagging_service.tag_resource(arn, [{"Key": key, "Value": value} for key, value in tags.items()])

    def remove_tags(self, resource_arns: Sequence[str], tag_keys: Sequence[str]) -> None:
        """Remove the tags of these keys."""
        for arn in resource_arns:
            self._must_exist(arn)
        for arn in resource_arns:
            self.tagging_service.untag_resource_using_names(arn, list(tag_keys))

    def describe_tags(self, resource_arns: Sequence[str]) -> dict[str, dict[str, str]]:
        """The tags of up to 20 resources by ARN."""
        if len(resource_arns) > MOST_RESOURCES:
            raise ValidationError(f"Cannot have more than {MOST_RESOURCES} resources described")
        for arn in resource_arns:
            self._must_exist(arn)
        return {arn: self.tagging_service.get_tag_dict_for_resource(arn) for arn in resource_arns}

    def check_tags(self, tags: Mapping[str, str]) -> None:
        """Refuse tags that a resource cannot have."""
        if len(tags) > MOST_TAGS:
            raise TooManyTagsError(MOST_TAGS)
        for key, value in tags.items():
            if key.lower().startswith("aws:"):
                raise ValidationError("Tag keys that begin with 'aws:' are reserved for system use")
            if not 1 <= len(key) <= LONGEST_KEY or len(value) > LONGEST_VALUE:
                raise ValidationError(
                    f"Tag keys must have 1 to {LONGEST_KEY} characters, and values at most {LONGEST_VALUE}"
                )

    def _must_exist(self, arn: str) -> None:
        if ":loadbalancer/" in arn:
            self.load_balancer(arn)
        elif arn.startswith("arn:"):
            self._get_resource_by_arn(arn)
        else:
            raise ValidationError(f"'{arn}' must be in ARN format")
