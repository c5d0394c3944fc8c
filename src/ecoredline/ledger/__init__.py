"""Ledgers 台账: 24 books declared once as data; workbooks and GeoPackages of them, read back with every fault.

The national practice has 5 classes and 24 books; its official tables and field names were not
found, so books and columns here are EcoRedline's own and say so.
"""

from ecoredline.ledger.declare import Book, Column, Join, book, books, classes, joins
from ecoredline.ledger.geopackage import read_layers, spatial_by, write_geopackage
from ecoredline.ledger.shapes import kept_shape, same_shape, settle
from ecoredline.ledger.sheets import Fault
from ecoredline.ledger.values import check_row, parse_cell, shown
from ecoredline.ledger.workbook import read_workbook, write_workbook

__all__ = [
    "Book",
    "Column",
    "Fault",
    "Join",
    "book",
    "books",
    "check_row",
    "classes",
    "joins",
    "kept_shape",
    "parse_cell",
    "read_layers",
    "read_workbook",
    "same_shape",
    "settle",
    "shown",
    "spatial_by",
    "write_geopackage",
    "write_workbook",
]
