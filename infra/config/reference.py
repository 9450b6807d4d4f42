"""docs/configuration.md: every key of the configuration, out of the schema.

`python -m infra.config.reference` writes it. What a key is for stands below it in the schema; what it may hold is what
its validator says when it refuses something.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from infra.config import values
from infra.config.schema import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
REFUSED = "?"
"""A text that no kind of value allows."""

INTRODUCTION = """\
# Configuration

Every key of `poolwarden.yaml`, written by `make reference` out of the schema that judges the file. The file of the
checkout, [`poolwarden.yaml`](../poolwarden.yaml), has them with comments.

- It is read at synth, and by the command line: `-c config=PATH` or `--config`, else `POOLWARDEN_CONFIG`, else
  `poolwarden.yaml` beside `cdk.json`.
- `.venv/bin/python -m infra.config poolwarden.yaml` judges it: an unknown key, a wrong value, values that cannot go
  together, each in one line with its place, and all of them at once.
- Every key may be left out. Where a section needs one, such as `organization.accounts`, the check says so. A default of
  *none* means that there is none unless you write one.
- Durations are `30m`, `12h` or `7d`. Schedules are EventBridge expressions, in UTC. Account ids stand in quotes.
"""


TAGS = """\
## Tags

What you tag your resources with is heeded at the next look, without a deploy. The prefix is `tag_prefix`.

| tag | on | effect |
|---|---|---|
| `poolwarden:protect` = `true`, in lower case | pool, address, load balancer, VPC | never changed, by code and by IAM |
| `poolwarden:keep-until` = `2026-12-31` | address | not released through that day (UTC); no date: never, told |
| `poolwarden:ipam-pool` = a pool's id | load balancer | the pool that it belongs on, where `allowed_pools` has it |
| `poolwarden:owner` = any text | any of them | named in messages |
"""


def page() -> str:
    """Write the whole page."""
    return "\n".join([INTRODUCTION, *section(Config, ""), TAGS])


def section(model: type[BaseModel], path: str) -> Iterator[str]:
    """Write the keys of a section, and then the sections inside it."""
    yield f"## {f'`{path}`' if path else 'The file'}\n"
    yield f"{_sentence(model)}\n"
    yield "| key | value | default | what it does |\n|---|---|---|---|"
    for name, field in model.model_fields.items():
        if field.description is None:
            raise ValueError(f"{model.__name__}.{name} has no description below it in the schema")
        cells = [f"`{name}`", _kind(_annotation(field)), _default(field), " ".join(field.description.split())]
        yield f"| {' | '.join(cells)} |"
    yield ""
    for name, field in model.model_fields.items():
        if inner := _model(field.annotation):
            many = "[]" if _is_list(field.annotation) else ""
            yield from section(inner, f"{path}.{name}{many}".removeprefix("."))


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split("\n\n", maxsplit=1)[0].split())


def _annotation(field: FieldInfo) -> Any:  # noqa: ANN401 - any annotation
    """Give a field's annotation whole: pydantic takes what is around the type apart."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _kind(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """Say what may be written."""
    if _model(annotation):
        return "a list of sections" if _is_list(annotation) else "a section"
    arguments = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is Annotated:
            return _allowed(arguments)
        case origin if origin in (Union, UnionType):
            return ", or ".join(_kind(each) for each in arguments if each is not NoneType)
        case origin if origin is tuple:
            return f"a list; each {_kind(arguments[0])}"
        case origin if origin is Mapping:
            return f"a mapping; each key {_kind(arguments[0])}; each value {_kind(arguments[1])}"
        case _:
            raise TypeError(f"no words for {annotation}")


def _allowed(arguments: tuple[Any, ...]) -> str:
    """Say what a type with a validator allows, in the words with which it refuses."""
    inner, *metadata = arguments
    if get_origin(inner) is Literal:
        return values.alternatives([f"`{word}`" for word in get_args(inner)])
    validators = [each for each in metadata if isinstance(each, BeforeValidator)]
    if not validators:
        return _kind(inner)
    try:
        validators[0].func(REFUSED)  # type: ignore[call-arg]  # ours take the value alone
    except ValueError as refusal:
        return _positive(str(refusal))
    raise TypeError(f"{validators[0].func} allows {REFUSED!r}")


def _positive(refusal: str) -> str:
    """Turn `is not a duration: write a number` into `a duration: a number`."""
    text = refusal.removeprefix("is not allowed: write ").replace("is neither true nor false", "`true` or `false`")
    for denial in ("is not ", "is no "):
        text = text.removeprefix(denial)
    return text.replace(": write ", ": ").replace("|", "\\|")


def _default(field: FieldInfo) -> str:  # noqa: PLR0911 - one for each kind
    value = field.get_default(call_default_factory=True)
    match value:
        case None | () | "":
            return "none"
        case dict() if not value:
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{values.written(value)}`"
        case tuple():
            return f"`[{', '.join(map(str, value))}]`"
        case BaseModel():
            return "its keys' defaults"
        case _:
            return f"`{value}`"


def _model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """Find the section in an annotation, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model(each))), None)


def _is_list(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    return get_origin(annotation) is tuple or any(map(_is_list, get_args(annotation)))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
