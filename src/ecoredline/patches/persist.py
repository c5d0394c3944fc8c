"""A third date: real works are still there later, a ripe crop or a wet field is not."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from ecoredline.change import ChangeMap
from ecoredline.patches.accuracy import covered_share
from ecoredline.patches.extract import extract_patches

LEAST_SHARE = 0.25  # of a patch that must still be changed on the third date
LEAST_SEEN = 0.5  # of a patch that the third date must show to have a say


@dataclass(frozen=True)
class Later:
    """What had changed between the first date and a third one, and where that could be seen."""

    changed: gpd.GeoDataFrame
    seen: shapely.Geometry  # in the CRS of `changed`

    def shares(self, patches: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
        """For each patch the share still changed, and the share the third date shows."""
        shapes = patches.to_crs(self.changed.crs).geometry.to_numpy()
        shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
        return covered_share(shapes, self.changed.geometry), covered_share(shapes, [self.seen])


def later_of(change: ChangeMap) -> Later:
    """The change map of first and third date as `Later`; small and weak pieces count too."""
    changed = extract_patches(change, minimum_area_m2=4 * change.grid.pixel_area_m2)
    unseen = change.unseen.polygons().to_crs(changed.crs).geometry.to_numpy()
    image = shapely.box(*change.grid.bounds)
    return Later(changed, shapely.difference(image, shapely.union_all(unseen)))
