"""Figures in words, and their trend as a small picture with the table behind it."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.metrics.definitions import Part
from apps.metrics.figures import Figure
from apps.metrics.periods import Period

register = template.Library()

WIDTH, HEIGHT, GAP = 240, 48, 3


@register.filter
def shown(figure: Figure) -> str:
    """The value with its unit: 93.3 %, 12.5 hours, no data."""
    if figure.value is None:
        return _("no data")
    return f"{_number(figure.value, figure.unit)} {_unit(figure.unit)}".strip()


@register.filter
def bounds(figure: Figure) -> str:
    """The 95 % interval: 80.0 to 98.1 %."""
    if figure.interval is None:
        return ""
    low, high = (_number(one, figure.unit) for one in figure.interval)
    return _("%(low)s to %(high)s %(unit)s") % {"low": low, "high": high, "unit": _unit(figure.unit)}


@register.filter
def fraction(figure: Figure) -> str:
    """What was divided by what: 14 of 15."""
    if figure.numerator is None or not figure.denominator:
        return ""
    parts = {"top": _plain(figure.numerator), "bottom": _plain(figure.denominator)}
    return _("%(top)s of %(bottom)s") % parts if figure.unit == "share" else f"{parts['top']} ÷ {parts['bottom']}"


@register.filter
def exclusions(figure: Figure, part: Part) -> list[tuple[str, int]]:
    """What was left out, in the words of the definition."""
    return [(str(part.excluded.get(reason, reason)), count) for reason, count in figure.excluded.items()]


@register.filter
def row_number(value: float | None) -> str:
    return "" if value is None else _plain(value)


@register.simple_tag
def trend_picture(trend: list[tuple[Period, Figure]], title: str) -> SafeString | str:
    """Bars, one a month; months without data leave a gap. The table beside it says the same in numbers."""
    values = [figure.value for _month, figure in trend]
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(0.0, *known), max(0.0, *known)
    scale = (HEIGHT - 2) / ((high - low) or 1)
    step = WIDTH / len(trend)
    zero = 1 + high * scale
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" fill="currentColor"><title>{}</title></rect>',
        (
            _bar(place, value, step, scale, zero, f"{month.first:%Y-%m}: {shown(figure)}")
            for place, ((month, figure), value) in enumerate(zip(trend, values, strict=True))
            if value is not None
        ),
    )
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}'
        '<line x1="0" x2="{}" y1="{}" y2="{}" stroke="currentColor" stroke-opacity="0.35"/></svg>',
        *(WIDTH, HEIGHT, WIDTH, HEIGHT, _("%s, month by month") % title, bars, WIDTH, f"{zero:.1f}", f"{zero:.1f}"),
    )


def _bar(place: int, value: float, step: float, scale: float, zero: float, words: str) -> tuple[Any, ...]:
    tall = max(abs(value) * scale, 1)
    top = zero - tall if value >= 0 else zero
    return f"{place * step + GAP / 2:.1f}", f"{top:.1f}", f"{max(step - GAP, 1):.1f}", f"{tall:.1f}", words


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return _rounded(value * 100, 1)
    return _plain(value)


def _plain(value: float) -> str:
    return _rounded(value, 0 if float(value).is_integer() else 2 if abs(value) < 10 else 1)


def _rounded(value: float, places: int) -> str:
    """In the reader's way of writing; `number_format` by itself would cut the digits off."""
    return number_format(round(value, places), places, force_grouping=True)


def _unit(unit: str) -> str:
    return "%" if unit == "share" else _(unit)
