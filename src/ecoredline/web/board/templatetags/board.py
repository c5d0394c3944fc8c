"""Template filters of the board's tables."""

from html import escape

from django import template
from django.utils.safestring import mark_safe

register = template.Library()
DASH = "—"


@register.filter
def shown(cell) -> str:
    """A cell as text: numbers with their decimals, a dash for what is not known."""
    if cell.value is None or cell.value == "":
        return DASH
    return f"{cell.value:.{cell.decimals}f}" if cell.is_number else str(cell.value)


@register.filter
def cells(row):
    """The cells of a row as HTML: a board has thousands, which a template is slow with."""
    return mark_safe("".join(cell_of(c, "th" if i == 0 else "td") for i, c in enumerate(row)))


def cell_of(cell, tag: str) -> str:
    """One cell; what it holds is escaped."""
    words = escape(shown(cell))
    if cell.url:
        words = f'<a href="{escape(cell.url)}">{words}</a>'
    if tag == "th":
        return f'<th scope="row">{words}</th>'
    is_number = cell.is_number or cell.value is None
    return f'<td class="number">{words}</td>' if is_number else f"<td>{words}</td>"


@register.filter
def number_columns(table) -> set[int]:
    """The columns that hold numbers."""
    return {i for row in table.rows for i, cell in enumerate(row) if cell.is_number}
