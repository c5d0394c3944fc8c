"""Commands of the ecology library beside `ecoredline formula`; found by entry point."""

from ecoredline.ecology_commands.adjust import command as adjust
from ecoredline.ecology_commands.delineate import command as delineate
from ecoredline.ecology_commands.effectiveness import command as effectiveness
from ecoredline.ecology_commands.pattern import command as pattern
from ecoredline.ecology_commands.season import command as season
from ecoredline.ecology_commands.species import irreplaceability, richness, species, threatened
from ecoredline.ecology_commands.terrain import command as terrain
from ecoredline.ecology_commands.trend import command as trend
from ecoredline.ecology_commands.uncertainty import command as uncertainty
from ecoredline.ecology_commands.zonal import command as zonal

commands = [
    terrain, pattern, season, trend, zonal, uncertainty, species, richness, threatened, irreplaceability,
    delineate, adjust, effectiveness,
]  # fmt: skip
