"""Commands of the ecology library beside `ecoredline formula`; found by entry point."""

from ecoredline.ecology_commands.terrain import command as terrain

commands = [terrain]
