"""Writes a report as one HTML file that loads nothing: libraries, style and data are in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

if TYPE_CHECKING:
    from report.model import Report

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("echarts/dist/echarts.min.js", "simple-datatables/dist/umd/simple-datatables.js")
"""Apache ECharts draws the charts, simple-datatables sorts and filters the table."""


class LibrariesMissingError(Exception):
    """The page's libraries are not installed; the message says how to install them."""


def write(path: Path, report: Report) -> None:
    """Write the report. Errors: `LibrariesMissingError`, OSError."""
    environment = Environment(
        loader=PackageLoader("report"), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )
    page = environment.get_template("report.html").render(
        report=report,
        data=_as_script_data(report),
        style=Markup(_asset("report.css")),  # noqa: S704 - our own file
        libraries=[Markup(_library(name)) for name in LIBRARIES],  # noqa: S704 - locked packages
        script=Markup(_asset("report.js")),  # noqa: S704 - our own file
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _as_script_data(report: Report) -> Markup:
    """Write the charts' data so that no name or tag in it can end the script element or begin a comment in it."""
    text = json.dumps(report.charts())
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - JSON without any letter that means something in HTML


def _asset(name: str) -> str:
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")


def _library(name: str) -> str:
    path = ROOT / "node_modules" / name
    try:
        return path.read_text(encoding="utf-8").replace("</script", "<\\/script")
    except FileNotFoundError:
        raise LibrariesMissingError(f"{name} is not installed: run `make setup` in the checkout") from None
