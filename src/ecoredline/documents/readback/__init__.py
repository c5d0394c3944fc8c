"""Annexes 1, 2 and 4 read back: rows, faults and notes, all or nothing."""

from ecoredline.documents.readback.annexes import read_annex
from ecoredline.documents.readback.reading import AnnexFaults, Fault, Note, PatchRow, Reading

__all__ = ["AnnexFaults", "Fault", "Note", "PatchRow", "Reading", "read_annex"]
