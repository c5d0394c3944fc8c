"""What follows the loading of a run: places that another source already brought are recognised."""

from ecoredline.web.reviews.sightings import note_sightings

AFTER = {"run.load": [note_sightings]}
