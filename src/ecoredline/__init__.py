"""EcoRedline 生态保护红线监管平台: imagery → patch → clue → case → closing."""

__version__ = "0.1.0"
