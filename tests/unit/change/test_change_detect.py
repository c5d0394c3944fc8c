"""`detect` on written images: what it finds, what it refuses, and what must not matter."""

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from change_ground import ground
from scipy import ndimage
from shapely.geometry import box

from ecoredline.change import DetectionParameters, aligned_pair, detect
from ecoredline.change.maps import UNSEEN_CODES
from ecoredline.errors import Cancelled, InputError, NotComparable, SourceError
from ecoredline.raster import common_grid, open_scene
from ecoredline.record import Job

SMALL = DetectionParameters(block_px=128)
BUILT = np.s_[:, 140:170, 200:240]
TONE = np.array([0.30, 0.32, 0.34, 0.36], np.float32)[:, None, None]


def images(rows=300, cols=360, shift=(0.0, 0.0)):
    """The same ground on two dates; something is built on the second."""
    before = ground(rows, cols, 1)
    after = before.copy()
    after[BUILT] = TONE
    if any(shift):
        after = np.stack([ndimage.shift(b, shift, order=3, mode="nearest") for b in after])
    noise = np.random.default_rng(2).normal(0, 0.002, after.shape)
    return before, np.clip(after * 0.9 + 0.01 + noise, 0.001, 1).astype(np.float32)


@pytest.fixture
def scenes(write_image):
    def make(before, after, **options):
        paths = [write_image(f"{n}.tif", i, **options) for n, i in (("b", before), ("a", after))]
        pair = [open_scene(path) for path in paths]
        return (*pair, common_grid(*pair)[0])

    return make


def same(one, other):
    for name in vars(one.runs):
        np.testing.assert_array_equal(getattr(one.runs, name), getattr(other.runs, name))


def test_what_was_built_is_found_and_little_else(scenes):
    before, after, grid = scenes(*images())
    change = detect(before, after, grid, SMALL)
    mask = change.runs.to_mask(grid.rows, grid.cols)
    truth = np.zeros_like(mask)
    truth[BUILT[1:]] = True
    assert mask[truth].mean() > 0.95
    assert mask[~ndimage.binary_dilation(truth, iterations=3)].mean() < 0.001
    assert change.band_names == ("blue", "green", "red", "nir")
    np.testing.assert_allclose(
        change.runs.before.sum(0) / change.runs.pixels.sum(),
        images()[0][:, mask].mean(1), atol=0.003,
    )  # fmt: skip


def test_identical_images_have_no_change_no_shift_and_nothing_unseen(scenes):
    before = images()[0]
    change = detect(*scenes(before, before), SMALL)
    assert len(change.runs) == 0
    assert change.registration["largest_shift_px"] == 0
    assert not change.unseen.before.any() and not change.unseen.after.any()


def test_a_shift_of_two_pixels_is_corrected_and_reported(scenes):
    before, after, grid = scenes(*images(shift=(1.6, -2.3)))
    change = detect(before, after, grid, SMALL)
    assert change.registration["mean_shift_px"] == pytest.approx([1.6, -2.3], abs=0.15)
    assert change.registration["residual_after_px"] < 0.2
    mask = change.runs.to_mask(grid.rows, grid.cols)
    assert mask[142:168, 203:237].mean() > 0.95 and mask.sum() < 2 * 30 * 40
    first, second = aligned_pair(before, after, change, (20, 30, 100, 110), normalise=True)
    assert first.shape == second.shape == (4, 100, 110)
    assert np.nanmedian(np.abs(first - second)) < 0.005


def test_the_work_by_blocks_equals_the_work_on_the_whole(scenes):
    args = scenes(*images(shift=(0.7, 0.4)))
    blocks = detect(*args, SMALL)
    same_runs = detect(*args, replace(SMALL, block_px=1024))
    for name in ("row", "start", "stop", "strong"):
        np.testing.assert_array_equal(getattr(blocks.runs, name), getattr(same_runs.runs, name))
    np.testing.assert_allclose(blocks.runs.score, same_runs.runs.score, rtol=1e-5)


def test_the_number_of_threads_does_not_matter(scenes):
    args = scenes(*images())
    one, three = (detect(*args, replace(SMALL, threads=n)) for n in (1, 3))
    assert len(one.runs) > 0, "an empty comparison proves nothing"
    same(one, three)


def test_a_small_cache_of_tiles_does_not_matter(scenes):
    args = scenes(*images())
    small, large = detect(*args, replace(SMALL, cache_mb=0)), detect(*args, SMALL)
    assert len(small.runs) > 0, "an empty comparison proves nothing"
    same(small, large)


def test_only_blocks_that_meet_the_focus_are_worked(scenes):
    before, after, grid = scenes(*images())
    west, _, _, north = grid.bounds
    away = detect(before, after, grid, SMALL, focus=box(west, north - 200, west + 200, north))
    assert len(away.runs) == 0
    everywhere = detect(before, after, grid, SMALL, focus=box(*grid.bounds))
    same(everywhere, detect(before, after, grid, SMALL))


def test_nodata_is_reported_per_date_and_is_never_change(scenes):
    before, after = images()
    after[:, :, 300:] = np.nan
    before[:, 280:] = np.nan
    change = detect(*scenes(before, after), SMALL)
    code = UNSEEN_CODES["nodata"]
    np.testing.assert_array_equal((change.unseen.after == code).all(axis=0), np.arange(360) >= 300)
    np.testing.assert_array_equal((change.unseen.before == code).all(axis=1), np.arange(300) >= 280)
    mask = change.runs.to_mask(300, 360)
    assert not mask[:, 300:].any() and not mask[280:].any() and mask[BUILT[1:]].mean() > 0.9


def test_saturated_pixels_are_unseen(scenes):
    before, after = ((i * 1e4).astype("u2") for i in images())
    after[:, 50:90, 60:100] = 65535
    change = detect(*scenes(before, after), SMALL)
    assert (change.unseen.after[52:88, 62:98] == UNSEEN_CODES["saturated"]).all()
    assert not change.runs.to_mask(300, 360)[50:90, 60:100].any()


def test_a_degree_grid_and_other_pixel_types_work(scenes):
    before, after = images()
    degrees = Affine(1e-4, 0, 106.3, 0, -1e-4, 29.4)
    args = scenes(before, after, transform=degrees, crs="EPSG:4326", dtype="float32", tile=None)
    change = detect(*args, SMALL)
    mask = change.runs.to_mask(300, 360)
    assert mask[BUILT[1:]].mean() > 0.9 and mask.mean() < 0.03


def test_images_on_two_lattices_are_compared_on_one(write_image):
    before, after = images()
    one = open_scene(write_image("b.tif", before))
    moved = Affine(2, 0, 500_000 - 1, 0, -2, 2_950_000 + 1)
    two = open_scene(write_image("a.tif", after, transform=moved))
    grid, notes = common_grid(one, two)
    change = detect(one, two, grid, SMALL)
    assert "重采样" in notes[-1]
    assert change.runs.to_mask(grid.rows, grid.cols)[145:165, 205:235].mean() > 0.9
    assert change.registration["mean_shift_px"] == pytest.approx([-0.5, -0.5], abs=0.15)


def test_another_place_is_refused(scenes):
    with pytest.raises(NotComparable, match="resemble"):
        detect(*scenes(ground(300, 300, 1), ground(300, 300, 77)), SMALL)


def test_a_pair_that_is_nearly_all_nodata_is_refused(scenes):
    before, after = images()
    before[:, 8:] = np.nan
    after[:, :280] = np.nan
    with pytest.raises(NotComparable, match="sampled pixels"):
        detect(*scenes(before, after), SMALL)


def test_bands_that_do_not_match_are_refused_with_their_names(write_image):
    before, after = images()
    one = open_scene(write_image("b.tif", before))
    two = open_scene(write_image("a.tif", after), bands=["x1", "x2", "red", "nir"])
    with pytest.raises(InputError, match=r"b\.tif has blue, green, red, nir and a\.tif has x1"):
        detect(one, two, one.grid, SMALL)


def test_a_tile_cut_short_names_the_file_and_the_window(write_image):
    before, after = images(600, 600)
    paths = [write_image("b.tif", before), write_image("a.tif", after)]
    scenes = [open_scene(path) for path in paths]
    data = paths[1].read_bytes()
    paths[1].write_bytes(data[: len(data) * 7 // 10])
    with pytest.raises(SourceError, match=r"a\.tif"):
        detect(*scenes, scenes[0].grid, SMALL)


def test_cancelling_stops_the_work_at_the_next_block(scenes):
    seen = []
    job = Job(report=seen.append, cancelled=lambda: len(seen) > 5)
    with pytest.raises(Cancelled):
        detect(*scenes(*images()), SMALL, job=job)
    assert len(seen) < 12
