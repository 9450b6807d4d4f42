"""What all episodes together came to, as text; the last line is the number of violations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.episode import Result

COUNTED = {
    "faults injected": "hazards",
    "events and time": "events",
    "wakeups": "wakeups",
    "what people did": "deeds",
    "changes made": "changes",
    "promises checked": "checked",
}


@dataclass
class Summary:
    """Sums of results. `first_seed` is the seed of the first episode."""

    first_seed: int
    episodes: int = 0
    violations: int = 0
    calls: int = 0
    kills: int = 0
    failed: list[int] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {title: Counter() for title in COUNTED})

    def add(self, result: Result) -> None:
        """Add an episode's result."""
        self.episodes += 1
        self.calls += result.calls
        self.kills += result.kills
        self.violations += len(result.violations)
        if result.violations:
            self.failed.append(result.seed)
        for title, name in COUNTED.items():
            self.counts[title].update(getattr(result, name))

    def text(self, *, seconds: float) -> str:
        """Write it down."""
        lines = [
            f"episodes: {self.episodes}, seeds {self.first_seed} to {self.first_seed + self.episodes - 1}",
            f"time: {seconds:.0f} s",
            f"AWS calls: {self.calls}",
            f"kills: {self.kills}",
        ]
        for title, counter in self.counts.items():
            lines.append(f"{title}: {counter.total()}")
            lines += [f"  {name}: {counter[name]}" for name in sorted(counter)]
        lines += [f"to repeat: make chaos EPISODES=1 SEED={seed}" for seed in self.failed]
        return "\n".join([*lines, f"violations: {self.violations}"])
