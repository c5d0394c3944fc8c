"""Reviews of one run teach the next: `learn-priors`, then `find --priors`."""

import pandas as pd
from click.testing import CliRunner
from test_main_job import find_arguments

from ecoredline.cli import main
from ecoredline.patches.table import read_table
from ecoredline.record import read_record


def test_a_lawful_place_is_dropped_by_name_and_the_rest_is_ranked(small_scene, small_run, tmp_path):
    patches = read_table(small_run)
    lawful, closed = patches["patch_id"].iloc[:2]
    table = pd.DataFrame({"patch_id": patches["patch_id"], "verdict": "rejected", "reason": "crop"})
    table.loc[table.index[2:], "verdict"] = "confirmed"
    table.loc[table.index[0], "reason"] = "lawful_known"
    table["closed_on"] = ""
    table.loc[table.index[1], "closed_on"] = "2099-01-01"
    table.to_csv(tmp_path / "verdicts.csv", index=False, encoding="utf-8-sig")
    run = CliRunner()
    made = run.invoke(
        main, ["learn-priors", "--run", str(small_run), str(tmp_path / "verdicts.csv"), "--out",
               str(tmp_path / "priors.json")],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "已知地块 2 处" in made.output
    out = tmp_path / "run"
    done = run.invoke(main, find_arguments(small_scene, out, "--priors", tmp_path / "priors.json"))
    assert done.exit_code == 0, done.output
    kept, dropped = read_table(out), read_table(out, "dropped")
    reasons = dropped.set_index("patch_id")["reason"]
    assert reasons[lawful] == "known_lawful"
    assert reasons[closed] == "known_closed"
    assert set(kept["patch_id"]) == set(patches["patch_id"]) - {lawful, closed}
    ranked = pd.read_csv(out / "priors.csv")
    assert set(ranked["patch_id"]) == set(kept["patch_id"])
    assert ranked["probability"].is_monotonic_decreasing
    assert kept["remark"].str.contains("同类图斑属实率").all()
    record = read_record(out)
    assert record["counts"]["drop_reasons"]["known_lawful"] == 1
    assert record["inputs"]["priors"]["card"]["verdicts"] == len(patches)
