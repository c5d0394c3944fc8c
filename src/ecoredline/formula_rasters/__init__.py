"""A declared formula over raster files, block by block: memory does not grow with the map."""

from ecoredline import ecosystem, sensitivity
from ecoredline.formula_rasters.run import Result, formula_value, run_formula
from ecoredline.formula_rasters.spread import dask_spread, open_spread

DECLARING = (ecosystem, sensitivity)  # importing them fills the list of formulas

__all__ = ["DECLARING", "Result", "dask_spread", "formula_value", "open_spread", "run_formula"]
