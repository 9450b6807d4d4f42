"""What reads see: those of EC2 are eventually consistent, here by `IpamSettings.read_lag`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from simulator.clock import CLOCK
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence


class InState:
    """A resource as the answer to a change, or a read that lags, shows it.

    `members` are those that are shown otherwise than they are, besides the state.
    """

    def __init__(self, resource: Any, state: str, **members: object) -> None:  # noqa: ANN401 - any resource
        self._resource = resource
        self.state = state
        vars(self).update(members)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the resource has
        return getattr(self._resource, name)


class Visibility:
    """Whether reads see a resource at all."""

    def __init__(self) -> None:
        self._since = CLOCK.time()
        self._until: float | None = None
        _wake()

    def end(self) -> None:
        """The resource is gone from now on."""
        self._until = CLOCK.time()
        _wake()

    def is_given(self) -> bool:
        """Whether a read sees the resource now."""
        sampled_at = CLOCK.time() - settings().read_lag
        return self._since <= sampled_at and (self._until is None or sampled_at < self._until)


class Observed:
    """Something that is there, and in a state, some time before reads see it."""

    lagging: ClassVar[Sequence[str]] = ("state",)
    """What answers show of it that changes."""

    sequence: Any
    """Where it stands in lists."""

    def __init__(self, state: str) -> None:
        self.visibility = Visibility()
        self._state = state
        self._past: list[tuple[float, dict[str, Any]]] = []

    @property
    def state(self) -> str:
        """The state that it is in."""
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        self.will_change()
        self._state = state

    def will_change(self) -> None:
        """Say so before anything that answers show changes: until reads see the change they show what is now."""
        lag, now = settings().read_lag, CLOCK.time()
        if not lag:
            return
        self._past = [(changed_at, shown) for changed_at, shown in self._past if changed_at > now - lag]
        if not self._past or self._past[-1][0] < now:
            self._past.append((now, {name: getattr(self, name) for name in self.lagging}))
            _wake()

    def as_seen(self) -> Any:  # noqa: ANN401 - itself, or something that looks like it
        """It, as reads see it now."""
        sampled_at = CLOCK.time() - settings().read_lag
        shown = next((shown for changed_at, shown in self._past if changed_at > sampled_at), None)
        return self if shown is None else InState(self, **shown)


ObservedT = TypeVar("ObservedT", bound=Observed)


class Register(dict[str, ObservedT]):
    """Resources by id; those that are gone stay in sight for as long as reads see them."""

    def __init__(self) -> None:
        super().__init__()
        self._gone: list[ObservedT] = []

    def remove(self, resource_id: str) -> ObservedT | None:
        """Make the resource be gone; None if there was none of that id."""
        resource = self.pop(resource_id, None)
        if resource is not None:
            resource.visibility.end()
            if settings().read_lag:
                self._gone.append(resource)
        return resource

    def seen(self) -> list[Any]:
        """The resources as reads see them, oldest first."""
        if not settings().read_lag:
            return list(self.values())
        self._gone = [resource for resource in self._gone if resource.visibility.is_given()]
        seen = (resource for resource in (*self.values(), *self._gone) if resource.visibility.is_given())
        return sorted((resource.as_seen() for resource in seen), key=lambda resource: resource.sequence)


def _wake() -> None:
    """Whoever waits until nothing is pending waits until reads have caught up too."""
    if settings().read_lag:
        CLOCK.after(settings().read_lag, lambda: None, label="reads see the change")
