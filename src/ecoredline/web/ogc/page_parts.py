"""What the data catalogue brings to other apps: its entries, for the exports they make."""

from ecoredline.web.ogc.datasets import entries

CATALOGUE = entries
