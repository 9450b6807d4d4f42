"""The demo's report: one plain HTML file that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, select_autoescape

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, result: dict[str, Any]) -> None:
    """Write the report of a result; every value is escaped."""
    environment = Environment(loader=PackageLoader("simulator.demo"), autoescape=select_autoescape(["html"]))
    path.write_text(environment.get_template("report.html").render(result), encoding="utf-8")
