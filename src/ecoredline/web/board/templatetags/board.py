"""Template filters of the board's tables."""

from django import template

register = template.Library()
DASH = "—"


@register.filter
def shown(cell) -> str:
    """A cell as text: numbers with their decimals, a dash for what is not known."""
    if cell.value is None or cell.value == "":
        return DASH
    return f"{cell.value:.{cell.decimals}f}" if cell.is_number else str(cell.value)


@register.filter
def number_columns(table) -> set[int]:
    """The columns that hold numbers."""
    return {i for row in table.rows for i, cell in enumerate(row) if cell.is_number}
