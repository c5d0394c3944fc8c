"""A declared formula over raster files, block by block: memory does not grow with the map."""

from ecoredline import ecosystem, sensitivity
from ecoredline.formula_rasters.run import Result, formula_value, run_formula

DECLARING = (ecosystem, sensitivity)  # importing them fills the list of formulas

__all__ = ["DECLARING", "Result", "formula_value", "run_formula"]
