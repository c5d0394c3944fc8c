"""Annexes 1 and 2 made on the spot from what a person may see."""

import io

import geopandas as gpd

from ecoredline.documents.annex import annex_table
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.official import ANNEX_1, ANNEX_2

ANNEXES = {1: ANNEX_1, 2: ANNEX_2}


def workbook(number: int, patches: gpd.GeoDataFrame, *, is_demo: bool) -> io.BytesIO:
    """The workbook of an annex; an empty list is a whole workbook too."""
    body = io.BytesIO()
    annex_workbook(annex_table(patches, ANNEXES[number], demo=is_demo)).save(body)
    body.seek(0)
    return body
