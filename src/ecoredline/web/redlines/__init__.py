"""Redline deliveries as dated versions: checked, approved, in force; floors, boundary changes, markers."""
