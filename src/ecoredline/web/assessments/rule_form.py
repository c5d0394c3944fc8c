"""Between the page of a rule set and its data; nothing typed is lost, wrong or not."""

import re

from ecoredline.codes import code_list
from ecoredline.effectiveness import Fault
from ecoredline.effectiveness.measures import MEASURES
from ecoredline.web.assessments.models import in_order

MOST_ROWS = 60
TEXTS = ("id", "block", "zh", "measure", "unit", "direction", "basis", "baseline")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def number_of(text: str):
    """A number where it is one, else the text as typed, for the check to name.

    >>> number_of(" 12.5 "), number_of("x")
    (12.5, 'x')
    """
    text = text.strip()
    if not NUMBER.fullmatch(text):
        return text
    value = float(text)
    return int(value) if value.is_integer() else value


def curve_of(text: str) -> list[list]:
    """Points of `95:0；100:100`.

    >>> curve_of("95:0；100:100")
    [[95, 0], [100, 100]]
    """
    parts = [p for p in re.split(r"[;；\n]+", text) if p.strip()]
    return [[number_of(n) for n in NUMBER.findall(p)] for p in parts]


def curve_text(curve) -> str:
    """A curve as it is typed.

    >>> curve_text([[95, 0], [100, 100]])
    '95:0；100:100'
    """
    return "；".join(":".join(f"{n:g}" if isinstance(n, int | float) else str(n) for n in p) for p in curve)  # fmt: skip


def rows_of(post, prefix: str, names) -> list[dict]:
    """Parallel fields of a posted form as rows; wholly empty ones are left out."""
    lists = {n: post.getlist(f"{prefix}-{n}") for n in names}
    count = min(max(map(len, lists.values()), default=0), MOST_ROWS)
    rows = [{n: (v[k] if k < len(v) else "").strip() for n, v in lists.items()} for k in range(count)]  # fmt: skip
    return [r for r in rows if any(r.values())]


def indicator_of(row: dict) -> dict:
    """One indicator as the rule set keeps it."""
    measure = MEASURES.get(row["measure"])
    roles = measure.inputs if measure else ()
    given = (row["input_1"], row["input_2"])
    made = {n: row[n] for n in TEXTS} | {
        "inputs": dict(zip(roles, given, strict=False)),
        "curve": curve_of(row["curve"]), "weight": number_of(row["weight"]),
    }  # fmt: skip
    year = number_of(row["baseline_year"])
    return made | {"baseline_year": year if year != "" else None}


def read_rules(post, before: dict) -> dict:
    """The rule set as posted; `id` and signature are not for the form to say."""
    wanted = (*TEXTS, "input_1", "input_2", "curve", "weight", "baseline_year")
    indicators = [indicator_of(r) for r in rows_of(post, "ind", wanted)]
    used = {n for i in indicators for n in i["inputs"].values() if n}
    own = {r["code"]: r["zh"] for r in rows_of(post, "name", ("code", "zh"))}
    known = {c: r["zh"] for c, r in code_list("effectiveness_numbers").items()}
    names = before.get("names", {}) | known | own
    return {
        "id": before["id"], "zh": post.get("zh", "").strip(), "basis": post.get("basis", "").strip(),
        "effective_from": post.get("effective_from", "").strip(),
        "blocks": {r["code"]: r["zh"] for r in rows_of(post, "block", ("code", "zh"))},
        "indicators": indicators,
        "grades": [
            {"low": number_of(r["low"]), "high": number_of(r["high"]), "zh": r["zh"]}
            for r in rows_of(post, "grade", ("low", "high", "zh"))
        ],
        "names": {n: names[n] for n in sorted(used) if names.get(n)},
        "when_missing": post.get("when_missing", "refuse"), "notes": post.get("notes", "").strip(),
        "verified_by": "", "verified_on": "", "signature": "",
    }  # fmt: skip


def empty_faults(data: dict) -> list[Fault]:
    """Words the rule set must have; the check of the computing half asks only that the keys are there."""
    faults = [
        Fault(n, None, "is missing") for n in ("zh", "basis", "effective_from") if not data[n]
    ]
    for number, row in enumerate(data["indicators"], 1):
        faults += [
            Fault(f"indicators {number} ({row['id']}).{n}", None, "is missing")
            for n in ("id", "zh", "basis") if not row[n]
        ]  # fmt: skip
        if any(not v for v in row["inputs"].values()):
            faults.append(Fault(f"indicators {number} ({row['id']}).inputs", None, "is missing"))
    return faults


def form_rows(data: dict) -> dict:
    """What the template shows: indicators with their inputs and curve as text."""
    rows = []
    for row in data["indicators"]:
        measure, inputs = MEASURES.get(row["measure"]), row.get("inputs", {})
        given = [*(inputs.get(r, "") for r in (measure.inputs if measure else inputs)), "", ""]
        curve = row.get("curve", [])
        rows.append(row | {
            "input_1": given[0], "input_2": given[1], "curve_text": curve_text(curve),
            "baseline": row.get("baseline", "none"),
        })  # fmt: skip
    return {"indicators": rows, "blocks": in_order(data).items(), "grades": data["grades"]}
