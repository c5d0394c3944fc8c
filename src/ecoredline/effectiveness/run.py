"""An assessment as a run: evaluation.json, scores.csv, report.docx, run.json."""

import csv
import json
import math
from dataclasses import asdict
from pathlib import Path

from ecoredline.effectiveness.compare import EFFORT, compare_years, rank_sensitivity
from ecoredline.effectiveness.evaluate import Evaluation, evaluate
from ecoredline.effectiveness.numbers import Numbers, read_numbers
from ecoredline.effectiveness.place_map import read_outlines
from ecoredline.effectiveness.report import report_document, write_report
from ecoredline.effectiveness.rules import RuleSet
from ecoredline.effectiveness.store import FOLDER, read_rules, shipped_rules
from ecoredline.files import check_writable, whole_file
from ecoredline.record import Job, RunRecord

COLUMNS = ("unit", "unit_zh", "year", "block", "indicator", "zh", "value", "value_unit", "score", "weight", "missing", "mark")  # fmt: skip


def assess(
    rules: Path | str, numbers: Path | str, year: int, out: Path | str, *,
    compare_year: int | None = None, outlines: Path | str | None = None, draws: int = 2000,
    seed: int = 0, demo: bool = False, job: Job | None = None,
) -> Path:  # fmt: skip
    """Evaluate a year and write the results; `rules` is a file or the name of a shipped rule set.

    `outlines`: a GeoJSON of the units (property `code`) for the report's map. All files but run.json (which has the clock) are the same bytes when run again on the same
    inputs. Raises `InputError` (all faults of rules or numbers), `NotEnoughData`.
    """
    out, job, numbers = check_writable(out), job or Job(), Path(numbers)
    shipped = Path(rules).suffix == ""
    rule_set = shipped_rules(str(rules)) if shipped else read_rules(rules)
    rules_path = FOLDER / f"{rules}.json" if shipped else Path(rules)
    record = RunRecord("effectiveness", {"year": year, "compare_year": compare_year, "draws": draws, "seed": seed})  # fmt: skip
    record.add_input("rules", rules_path)
    record.add_input("numbers", numbers)
    drawn = []
    if outlines is not None:
        record.add_input("outlines", Path(outlines))
        drawn = read_outlines(outlines)
    if rule_set.mark:
        record.warn(rule_set.mark)
    if demo:
        record.mark_demo()
    ledger = read_numbers(numbers)
    job.at("evaluate", 0.2)
    found = evaluate(rule_set, ledger, year)
    changes = changes_of(rule_set, ledger, found, compare_year)
    ranking = ranking_of(found, draws, seed)
    hashes = {role: given["sha256"] for role, given in record.data["inputs"].items()}
    job.at("report", 0.6)
    paths = [
        write_json(out / "evaluation.json", rule_set, found, changes, ranking, hashes),
        write_scores(out / "scores.csv", rule_set, found),
        write_report(out / "report.docx", report_document(
            rule_set, found, changes=changes, compare_year=compare_year, ranking=ranking,
            outlines=drawn, hashes=hashes, demo=demo,
        )),
    ]  # fmt: skip
    record.data["counts"] = {"units": len(found), "incomplete": sum(math.isnan(e.total) for e in found)}  # fmt: skip
    return record.finish(out, paths)


def changes_of(rules: RuleSet, ledger: Numbers, found, compare_year: int | None) -> list[dict]:
    """The comparison with another year; empty when none is asked for."""
    if compare_year is None:
        return []
    effort = {(u, y): v for (u, y, name), v in ledger.values.items() if name == EFFORT}
    return compare_years(evaluate(rules, ledger, compare_year), found, effort)


def ranking_of(found: list[Evaluation], draws: int, seed: int) -> list:
    """The ranking's sensitivity; empty with fewer than two whole units."""
    whole = [e for e in found if not any(math.isnan(f.score) for f in e.findings)]
    return rank_sensitivity(whole, draws=draws, seed=seed) if len(whole) > 1 and draws else []


def plain(value):
    """Data without NaN, which JSON has not."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def write_json(path: Path, rules: RuleSet, found, changes, ranking, hashes) -> Path:
    """Everything, for the platform."""
    data = {
        "mark": rules.mark, "rules": {"id": rules.id, "zh": rules.zh, "content": rules.content_hash},
        "inputs": hashes, "evaluations": [asdict(e) for e in found], "changes": list(changes),
        "ranking": [asdict(r) for r in ranking],
    }  # fmt: skip
    with whole_file(path) as part:
        part.write_text(json.dumps(plain(data), ensure_ascii=False, indent=1), "utf-8")
    return path


def write_scores(path: Path, rules: RuleSet, found) -> Path:
    """One row a unit and indicator, raw value beside score, the mark in every row."""
    with whole_file(path) as part, part.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for e in found:
            writer.writerow([e.unit, e.unit_zh, e.year, "", "total", e.grade, "", "", shown(e.total), 100, "", rules.mark])  # fmt: skip
            for f in e.findings:
                writer.writerow([
                    e.unit, e.unit_zh, e.year, f.block, f.indicator, f.zh, shown(f.value), f.unit,
                    shown(f.score), f.weight, ";".join(f.missing), rules.mark,
                ])  # fmt: skip
    return path


def shown(value: float) -> str:
    """A number for a table; empty when unknown."""
    return "" if math.isnan(value) else f"{value:.10g}"
