"""The rule table 准入规则: activity × zone → outcome, as dated data of a province.

`codes/admission_rules.csv` is what ships; an operator's own table has the same columns. Rows of
status 示例 are examples and decide only when asked for. A row of a city or province goes before
the nation's, a named activity before `*`. Nothing matches a blank activity.
"""

import csv
import hashlib
import io
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from ecoredline.admission.faults import Fault, TableFaults
from ecoredline.codes import HERE, code_list
from ecoredline.errors import InputError
from ecoredline.files import as_text, read_bytes

BUILT_IN = HERE / "admission_rules.csv"
NATION, ANY = "000000", "*"
EXAMPLE = "示例"
VERSION_LENGTH = 12
LISTS = {
    "zone": "admission_zones", "path": "admission_paths", "outcome": "admission_outcomes",
    "category": "permitted_categories", "level": "approving_levels",
    "confidence": "confidence_tags",
}  # fmt: skip
REQUIRED = ("code", "zh", "province", "activity", "zone", "path", "outcome", "confidence",
            "valid_from", "source")  # fmt: skip
NEEDS_OPINION = ("permitted", "major_project", "no_land", "other_law")


@dataclass(frozen=True)
class Rule:
    """One row; `source` is printed with the confidence mark of the table."""

    code: str
    zh: str
    en: str
    province: str
    activity: str
    zone: str
    path: str
    outcome: str
    category: str
    opinion: str
    level: str
    documents: str
    confidence: str
    status: str
    valid_from: str
    valid_to: str
    source: str

    @property
    def checked(self) -> bool:
        """Was the text the rule stands on seen? Else it is printed as 未经原文核对."""
        return code_list("confidence_tags")[self.confidence]["official"] == "1"

    def holds(self, on: date) -> bool:
        """In force on a day; both ends belong to the time."""
        end = date.fromisoformat(self.valid_to) if self.valid_to else date.max
        return date.fromisoformat(self.valid_from) <= on <= end


@dataclass(frozen=True)
class RuleTable:
    """Validated rules with the hash of the file they came from; `version` is its beginning."""

    rules: tuple[Rule, ...]
    name: str
    sha256: str

    @property
    def version(self) -> str:
        """What a result cites: file name and the first digits of its hash."""
        return f"{self.name}@{self.sha256[:VERSION_LENGTH]}"

    def match(
        self, province: str, activity: str, zone: str, path: str, on: date, examples: bool = False
    ) -> Rule | None:
        """The one rule that decides, or None: then the check fails closed.

        >>> read_rules().match("", "LHA-01", "general", "plain", date(2025, 1, 1)).code
        'CN-GEN-01'
        """
        found = [
            r
            for r in self.rules
            if r.zone == zone
            and r.path in (ANY, path)
            and (r.activity == activity != "" or (r.activity == ANY and (activity or zone in FREE)))
            and applies(r.province, province)
            and r.holds(on)
            and (examples or r.status != EXAMPLE)
        ]
        return max(found, key=_special, default=None)


FREE = ("outside",)  # outside the redline no activity need be known


def applies(rule_place: str, place: str) -> bool:
    """Does a rule of the nation, a province or a city hold for a place?

    >>> applies("000000", "510402"), applies("510000", "510402"), applies("510400", "510000")
    (True, True, False)
    """
    return rule_place == NATION or (bool(place) and place.startswith(_stem(rule_place)))


def _stem(code: str) -> str:
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def _special(rule: Rule):
    """The more special a rule, the greater."""
    depth = 0 if rule.province == NATION else len(_stem(rule.province))
    return depth, rule.activity != ANY, rule.path != ANY


def read_rules(path: Path | str | None = None) -> RuleTable:
    """The built-in table or an operator's (CSV, UTF-8 or GB18030).

    Raises `TableFaults` with every fault, `SourceError` when it cannot be read.
    """
    path = Path(path or BUILT_IN)
    raw = read_bytes(path)
    rows = list(csv.DictReader(io.StringIO(as_text(raw, path.name))))
    return table_of(rows, path.name, hashlib.sha256(raw).hexdigest())


def table_of(rows: list[dict], name: str, sha256: str) -> RuleTable:
    """A table from rows of text (from a file or a page); raises `TableFaults`."""
    names = [f.name for f in fields(Rule)]
    if not rows:
        raise InputError(f"got {name} without a rule; wanted rows with {', '.join(names)}")
    absent = [n for n in REQUIRED if n not in rows[0]]
    if absent:
        raise TableFaults(name, [Fault(1, n, "", "缺少这一列") for n in absent])
    rules, faults = [], []
    for number, row in enumerate(rows, 2):
        clean = {n: (row.get(n) or "").strip() for n in names}
        wrong = row_faults(number, clean)
        faults += wrong
        if not wrong:
            rules.append((number, Rule(**clean)))
    faults += clashes(rules)
    if faults:
        raise TableFaults(name, sorted(faults, key=lambda f: f.row))
    return RuleTable(tuple(r for _, r in rules), name, sha256)


def row_faults(number: int, row: dict[str, str]) -> list[Fault]:
    """Everything wrong with one row by itself."""
    faults = [Fault(number, c, "", "不能为空") for c in REQUIRED if not row[c]]
    for column, name in LISTS.items():
        value = row[column]
        known = code_list(name)
        if value and value not in known and not (column == "path" and value == ANY):
            reason = f"不在代码表 {name} 中（{'、'.join(list(known)[:6])}…）"
            faults.append(Fault(number, column, value, reason))
    activity = row["activity"]
    if activity and activity != ANY and activity not in activities():
        faults.append(Fault(number, "activity", activity, "不是活动类型或有限人为活动类别"))
    if row["province"] and not (row["province"].isdigit() and len(row["province"]) == 6):
        faults.append(Fault(number, "province", row["province"], "应为 6 位行政区划代码"))
    if row["outcome"] in NEEDS_OPINION:
        for column in ("opinion", "level"):
            if not row[column]:
                faults.append(Fault(number, column, "", f"{row['outcome']} 必须写明"))
    if row["outcome"] == "permitted" and not row["category"]:
        faults.append(Fault(number, "category", "", "permitted 必须写明类别"))
    return faults + _date_faults(number, row)


def _date_faults(number: int, row: dict[str, str]) -> list[Fault]:
    faults, days = [], {}
    for column in ("valid_from", "valid_to"):
        if row[column]:
            try:
                days[column] = date.fromisoformat(row[column])
                if days[column].isoformat() != row[column]:  # 20240101: it is compared as text
                    raise ValueError
            except ValueError:
                faults.append(Fault(number, column, row[column], "应为 YYYY-MM-DD"))
    if len(days) == 2 and days["valid_to"] < days["valid_from"]:
        faults.append(Fault(number, "valid_to", row["valid_to"], "早于 valid_from"))
    return faults


def clashes(rules: list[tuple[int, Rule]]) -> list[Fault]:
    """Codes used twice, and rules for one and the same case in force at one time."""
    faults, codes, cases = [], {}, {}
    for number, rule in rules:
        if rule.code in codes:
            faults.append(Fault(number, "code", rule.code, f"与第 {codes[rule.code]} 行重复"))
        codes.setdefault(rule.code, number)
        case = (rule.province, rule.activity, rule.zone, rule.path, rule.status == EXAMPLE)
        for other_number, other in cases.get(case, []):
            if rule.valid_from <= (other.valid_to or "9999") and other.valid_from <= (
                rule.valid_to or "9999"
            ):
                reason = f"与第 {other_number} 行（{other.code}）情形相同且有效期重叠"
                faults.append(Fault(number, "valid_from", rule.valid_from, reason))
        cases.setdefault(case, []).append((number, rule))
    return faults


def activities(language: str = "zh") -> dict[str, str]:
    """Codes a project's activity may have, with their names: ten permitted categories, six types.

    >>> activities()["1"], "LHA-06" in activities()
    ('矿产资源开发（含采石、采砂）', True)
    """
    lists = ("permitted_categories", "activity_types")
    return {code: row[language] for name in lists for code, row in code_list(name).items()}


def activity_code(words: str) -> str:
    """A code from a code or a full name; words that are neither stay as they are."""
    known = activities()
    return words if words in known else {zh: c for c, zh in known.items()}.get(words, words)
