"""`ecoredline import-patches`: foreign layers in, the run folder of `find` out."""

import geopandas as gpd
import shapely
from click.testing import CliRunner

from ecoredline.cli import main
from ecoredline.patches.table import read_table
from ecoredline.record import read_record


def layer(path, places, **columns):
    shapes = [shapely.box(x, 26.0, x + 0.001, 26.001) for x in places]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4490).to_file(path)
    return str(path)


def test_two_layers_become_one_run_and_a_fault_in_one_writes_nothing(tmp_path):
    redline = layer(tmp_path / "redline.gpkg", [101.0, 101.0005], code=["R1", "R2"])
    one = layer(tmp_path / "a.gpkg", [101.0, 101.01], HSX=["20250501"] * 2, conf=[0.7, 0.6])
    two = layer(tmp_path / "b.gpkg", [101.0001], HSX=["20250601"], conf=[0.8])
    out, run = tmp_path / "out", CliRunner().invoke
    told = ["import-patches", one, two, "--source", "甲", "--source", "乙", "--redline", redline]
    dated = [*told, "--before-date", "20240501", "--out", str(out)]
    done = run(main, dated)
    assert done.exit_code == 0, done.output
    kept = read_table(out)
    assert kept["found_by"].tolist() == ["甲", "甲"]
    assert kept["also_seen_by"].map(len).tolist() == [1, 0]
    assert kept["channel"].tolist() == ["suspected", "outside"]
    assert read_table(out, "dropped")["reason"].tolist() == ["seen_by_other"]
    counts = read_record(out)["counts"]
    assert counts["sources"] == {"甲": 2, "乙": 1}
    assert (out / "annex-1.xlsx").exists()
    again = run(main, ["import-patches", two, "--source", "丙", "--redline", redline, "--known",
                       str(out), "--before-date", "2024-05-01", "--out", str(tmp_path / "o2")])  # fmt: skip
    assert again.exit_code == 0, again.output
    assert len(read_table(tmp_path / "o2")) == 2
    bad = layer(tmp_path / "c.gpkg", [101.0], HSX=["soon"])
    refused = run(main, ["import-patches", one, bad, "--source", "甲", "--redline", redline,
                         "--out", str(tmp_path / "no")])  # fmt: skip
    assert refused.exit_code == 2
    assert "row 1, after_on: 'soon'" in refused.output
    assert not (tmp_path / "no").exists()
