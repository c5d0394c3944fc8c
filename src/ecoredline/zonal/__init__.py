"""Numbers by county, redline polygon or control zone: exact partial pixels, areas on the ellipsoid."""

from ecoredline.zonal.coverage import Covered, covered_cells
from ecoredline.zonal.run import class_areas, zonal_numbers, zonal_run
from ecoredline.zonal.tally import TOTALS, Tally, total_rule, total_unit
from ecoredline.zonal.transition import as_matrix, transition_areas
from ecoredline.zonal.uncertainty import Error, zonal_uncertainty

__all__ = [
    "TOTALS",
    "Covered",
    "Error",
    "Tally",
    "as_matrix",
    "class_areas",
    "covered_cells",
    "total_rule",
    "total_unit",
    "transition_areas",
    "zonal_numbers",
    "zonal_run",
    "zonal_uncertainty",
]
