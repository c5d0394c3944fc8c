"""Ledgers 台账: 24 books made from their declarations, as of any day, with history and mappings."""
