"""How every page of Gavel becomes HTML: strict templates that escape, filters for figures, and hashes for policies."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Final

import jinja2

from gavel.gates.wording import usd
from gavel.report.figures import heat, segments
from gavel.report.gate_views import ICONS
from gavel.report.text import excerpt, moment, shown
from gavel.report.views import title

_MINUS: Final = "\u2212"
_TEMPLATES: Final = Path(__file__).parent / "templates"


def environment(*folders: Path) -> jinja2.Environment:
    """The report's templates, and before them those of other folders, which may import the report's macros."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, _TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        moment=moment, shown=shown, excerpt=excerpt, figure=_figure, signed=_signed, title=title, usd=usd
    )
    found.globals.update(segments=segments, heat=heat, icons={one.value: icon for one, icon in ICONS.items()})
    return found


def policy_hash(text: str) -> str:
    """The hash by which a Content-Security-Policy knows a style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace("-", _MINUS)


def _signed(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", _MINUS)
