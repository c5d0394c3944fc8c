"""Biodiversity over files: where species could live, how many there are, which units no plan can do without."""

from ecoredline.species.plan import plan_table, read_amounts, read_targets
from ecoredline.species.run import richness_map, species_maps
from ecoredline.species.sightings import Sightings, read_sightings
from ecoredline.species.threatened import read_listed, threatened_species, threatened_table

__all__ = [
    "Sightings",
    "plan_table",
    "read_amounts",
    "read_listed",
    "read_sightings",
    "read_targets",
    "richness_map",
    "species_maps",
    "threatened_species",
    "threatened_table",
]
