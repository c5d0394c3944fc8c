"""The answer to an admission check, with everything needed to give it again."""

from dataclasses import dataclass, field

from ecoredline import __version__
from ecoredline.admission.rules import Rule, activities, activity_code
from ecoredline.codes import code_list
from ecoredline.geodesy import round_ha
from ecoredline.record import DEMO_NOTICE

UNCHECKED_ZH = "依据未经原文核对"
NOT_COMPARED = "未经原文核对"
MOST_NAMED = 5
AREA_METHOD = "面积在 CGCS2000 椭球面上计算（边为经纬度直线，EPSG:4490），单位公顷，保留 4 位小数"
NOT_IN_REDLINE = "not_in_redline"
UNDETERMINED = "undetermined"
# what tables have in the column of opinions where there is none
NO_OPINION = (
    "", "无", "没有", "暂无", "未取得", "未办理", "未提供", "办理中", "正在办理", "待办", "否", "none", "no",
    "n/a", "na", "nil", "null", "nan",
)  # fmt: skip
BLANKS = " \t\n\u3000-—–/、，。.()（）"


@dataclass(frozen=True)
class Hit:
    """A feature of a layer that the project touches; `shape` is the shared piece, None at a point."""

    role: str
    code: str
    name: str
    zone: str
    area_ha: float
    shape: object = field(repr=False, default=None)


@dataclass(frozen=True)
class Finding:
    """What a rule says about the project's part in one zone."""

    zone: str
    area_ha: float
    decides: bool
    rule: Rule | None
    reason: str = ""

    @property
    def zone_zh(self) -> str:
        """The zone in words."""
        return code_list("admission_zones")[self.zone]["zh"]

    @property
    def outcome(self) -> str:
        """The rule's outcome; without a rule it cannot be decided."""
        return self.rule.outcome if self.rule else UNDETERMINED


@dataclass(frozen=True)
class Admission:
    """One answer; `scenario` is 1 to 4 of the land-use scenarios, 0 where none holds.

    `admitted` is true only where no reason speaks against it and every opinion needed is given.
    """

    project: object
    outcome: str
    scenario: int
    admitted: bool
    area_ha: float
    redline_ha: float | None  # None where the redline could not be used
    findings: tuple[Finding, ...]
    hits: tuple[Hit, ...]
    reasons: tuple[str, ...]
    unchecked: tuple[str, ...]
    layers: object
    rule_version: str
    as_of: str
    sliver_rule: str
    is_demo: bool

    @classmethod
    def of(cls, project, layers, table, options, size, findings, hits, reasons) -> "Admission":
        """Put the parts together: the gravest outcome wins, any fault makes it undetermined.

        `size` is (hectares, hectares inside the redline or None where that could not be used).
        """
        findings = _deciding(findings, options.sliver_m2 / 10_000)
        reasons = [*reasons, *(f.reason for f in findings if f.decides and f.reason)]
        deciding = [f.outcome for f in findings if f.decides]
        rows = code_list("admission_outcomes")
        outcome = max(deciding, key=lambda o: int(rows[o]["severity"]), default=UNDETERMINED)
        if reasons:
            outcome = UNDETERMINED
        opinion = project.opinion.strip(BLANKS).casefold() not in NO_OPINION
        admitted = outcome == NOT_IN_REDLINE or (
            opinion and outcome in ("no_land", "permitted", "major_project")
        )
        scenario = int(rows[outcome]["scenario"] or 0) if admitted else 0
        return cls(
            project, outcome, scenario, admitted, round_ha(float(size[0])), size[1], tuple(findings), tuple(hits),
            tuple(dict.fromkeys(reasons)), tuple(layers.unchecked), layers.states, table.version,
            options.as_of.isoformat(), options.sliver_rule, project.is_demo or layers.is_demo,
        )  # fmt: skip

    @property
    def outcome_zh(self) -> str:
        """The outcome in words."""
        return code_list("admission_outcomes")[self.outcome]["zh"]

    @property
    def redline_zh(self) -> str:
        """Hectares inside the redline in words."""
        return "无法计算" if self.redline_ha is None else f"{self.redline_ha:.4f} 公顷"

    @property
    def scenario_zh(self) -> str:
        """The scenario in words; blank where none holds."""
        return code_list("admission_scenarios")[str(self.scenario)]["zh"] if self.scenario else ""

    @property
    def activity_zh(self) -> str:
        """The activity in words."""
        return self.activity_in("zh")

    def activity_in(self, language: str) -> str:
        """The activity in words of a language, `zh` or `en`."""
        code = activity_code(self.project.activity)
        return f"{code} {activities(language)[code]}" if code in activities() else code

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that decided, the gravest first, each once."""
        rows = code_list("admission_outcomes")
        rules = dict.fromkeys(f.rule for f in self.findings if f.rule and f.decides)
        return tuple(sorted(rules, key=lambda r: -int(rows[r.outcome]["severity"])))

    @property
    def documents(self) -> tuple[str, ...]:
        """What must be handed in."""
        every = [d for r in self.rules for d in r.documents.split(";") if d]
        return tuple(dict.fromkeys(every))

    @property
    def missing(self) -> tuple[str, ...]:
        """Opinions that the rules ask for and the project does not name."""
        if self.admitted or self.outcome in ("forbidden", UNDETERMINED):
            return ()
        return tuple(dict.fromkeys(r.opinion for r in self.rules if r.opinion))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What does not decide and must be seen: clues and cases, rights, approved projects here."""
        said = []
        for role in ("clues", "rights", "approved"):
            hits = self.hits_of(role)
            if hits:
                names = "、".join(h.code or h.name or "无编号" for h in hits[:MOST_NAMED])
                zh = code_list("admission_layers")[role]["zh"]
                said.append(
                    f"项目范围涉及 {len(hits)} 个{zh}：{names}{'…' * (len(hits) > MOST_NAMED)}"
                )
        return tuple(said)

    def hits_of(self, role: str) -> list[Hit]:
        """The hits in one layer, the largest first."""
        return sorted((h for h in self.hits if h.role == role), key=lambda h: (-h.area_ha, h.code))

    def to_dict(self) -> dict:
        """Plain JSON, with the project's shape as WKT to 9 decimals."""
        import shapely

        p = self.project
        return {
            "project": {
                "code": p.code, "name": p.name, "activity": activity_code(p.activity),
                "path": p.path, "opinion": p.opinion, "province": p.province,
                "buffer_m": p.buffer_m, "file": p.source, "sha256": p.sha256, "crs": p.crs,
                "notes": list(p.notes), "area_ha": self.area_ha,
                "wkt": shapely.to_wkt(p.shape, rounding_precision=9),
            },
            "outcome": self.outcome, "outcome_zh": self.outcome_zh, "scenario": self.scenario,
            "admitted": self.admitted, "redline_ha": self.redline_ha,
            "reasons": list(self.reasons), "unchecked": list(self.unchecked),
            "warnings": list(self.warnings), "documents": list(self.documents), "missing": list(self.missing),
            "findings": [_finding_dict(f) for f in self.findings],
            "hits": [
                {"role": h.role, "code": h.code, "name": h.name, "zone": h.zone, "area_ha": h.area_ha}
                for h in self.hits
            ],
            "layers": {role: layer_dict(s) for role, s in self.layers.items()},
            "rules": self.rule_version, "as_of": self.as_of, "sliver_rule": self.sliver_rule,
            "area_method": AREA_METHOD, "crs": "EPSG:4490", "is_demo": self.is_demo,
            "notice": DEMO_NOTICE if self.is_demo else "", "ecoredline": __version__,
        }  # fmt: skip


def layer_dict(state) -> dict:
    """A layer's state as plain JSON."""
    return {
        "state": state.state, "reason": state.reason, "file": state.file,
        "sha256": state.sha256, "version": state.version, "dated": state.dated,
        "features": state.features, "notes": list(state.notes), "covers": list(state.covers),
    }  # fmt: skip


def cite(rule: Rule) -> str:
    """A rule as a result cites it; what was not checked against its text says so.

    >>> from ecoredline.admission.rules import read_rules
    >>> cite(next(r for r in read_rules().rules if r.code == "CN-GEN-07"))
    'CN-GEN-07（依据未经原文核对）'
    """
    if rule.checked:
        return f"{rule.code}（{rule.source}）"
    source = rule.source.replace(NOT_COMPARED, "").strip("，；")
    return f"{rule.code}（{'；'.join(filter(None, (source, UNCHECKED_ZH)))}）"


def _role(finding: Finding) -> str:
    return code_list("admission_zones")[finding.zone]["layer"]


def _deciding(findings: list[Finding], limit_ha: float) -> list[Finding]:
    """Outside decides only where nothing inside does; slivers that add up to more do decide."""
    from dataclasses import replace

    inside = [f for f in findings if _role(f) == "redline" and f.zone != "outside"]
    if inside and not any(f.decides for f in inside) and sum(f.area_ha for f in inside) >= limit_ha:
        findings = [replace(f, decides=True) if f in inside else f for f in findings]
        inside = [f for f in findings if _role(f) == "redline" and f.zone != "outside"]
    if any(f.decides for f in inside):
        findings = [replace(f, decides=False) if f.zone == "outside" else f for f in findings]
    return findings


def _finding_dict(finding: Finding) -> dict:
    rule = finding.rule
    return {
        "zone": finding.zone, "zone_zh": finding.zone_zh, "area_ha": finding.area_ha,
        "decides": finding.decides, "outcome": finding.outcome, "reason": finding.reason,
        "rule": rule.code if rule else "", "rule_zh": rule.zh if rule else "",
        "category": rule.category if rule else "", "opinion": rule.opinion if rule else "",
        "level": rule.level if rule else "", "confidence": rule.confidence if rule else "",
        "checked": rule.checked if rule else False, "source": rule.source if rule else "",
        "status": rule.status if rule else "",
    }  # fmt: skip
