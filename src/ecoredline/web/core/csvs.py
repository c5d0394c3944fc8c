"""CSV that people open with a spreadsheet."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def harmless(words: str) -> str:
    """Text that a spreadsheet keeps as text, whatever somebody typed.

    >>> harmless("=1+1")
    "'=1+1"
    """
    return f"'{words}" if words.startswith(FORMULA_STARTS) else words


def harmless_row(row: dict) -> dict:
    """A row whose texts stay texts."""
    return {k: harmless(v) if isinstance(v, str) else v for k, v in row.items()}
