"""Ledgers 台账: 24 books declared once as data; workbooks and GeoPackages of them, read back with every fault.

The national practice has 5 classes and 24 books; its official tables and field names were not
found, so books and columns here are EcoRedline's own and say so.
"""

from ecoredline.ledger.declare import Book, Column, book, books, classes
from ecoredline.ledger.geopackage import write_geopackage
from ecoredline.ledger.sheets import Fault
from ecoredline.ledger.values import check_row, parse_cell, shown
from ecoredline.ledger.workbook import read_workbook, write_workbook

__all__ = [
    "Book",
    "Column",
    "Fault",
    "book",
    "books",
    "check_row",
    "classes",
    "parse_cell",
    "read_workbook",
    "shown",
    "write_geopackage",
    "write_workbook",
]
