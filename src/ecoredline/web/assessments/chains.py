"""The chain from inputs over formulas to layers, numbers, indicators and the score, as boxes and lines."""

from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.assessments.layers import inputs_of, layers_for
from ecoredline.web.assessments.models import Assessment, EcologyLayer
from ecoredline.web.assessments.queries import NO_UNIT, number_label, own_evaluations
from ecoredline.web.assessments.spoken import formula_said, spoken

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, TOP = 178, 44, 42, 12, 34
MOST_WIDE, MOST_SMALL = 13.0, 15.5  # what fits into a box, in Chinese characters
LATIN_WIDE = 0.56  # of a Chinese character
FEEDS_NUMBER = {"natural": "natural_ha", "fvc": "fvc_mean", "function": "function_total"}


def fitted(words: str, most: float) -> str:
    """Words cut to what fits, with an ellipsis.

    >>> fitted("红线面积（公顷）", 5), fitted("Redline area", 13)
    ('红线面积…', 'Redline area')
    """
    wide = 0.0
    for at, letter in enumerate(words):
        wide += LATIN_WIDE if letter.isascii() else 1.0
        if wide > most:
            return words[: max(1, at - 1 if not letter.isascii() else at - 2)] + "…"
    return words


@dataclass
class Box:
    """A box of the picture."""

    key: str
    column: int
    words: str
    more: str = ""
    url: str = ""
    x: int = 0
    y: int = 0


@dataclass
class Chain:
    """Boxes in columns, lines between them, laid out for an SVG."""

    titles: list[str]
    boxes: dict[str, Box] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, key: str, column: int, words: str, more: str = "", url: str = "") -> str:
        """A box, once."""
        if key not in self.boxes:
            self.boxes[key] = Box(key, column, fitted(words, MOST_WIDE), fitted(more, MOST_SMALL), url)  # fmt: skip
        return key

    def join(self, first: str, last: str) -> None:
        """A line, once."""
        if (first, last) not in self.lines:
            self.lines.append((first, last))

    def laid(self) -> dict:
        """With places: what the template draws."""
        columns: dict[int, list[Box]] = {}
        for box in self.boxes.values():
            columns.setdefault(box.column, []).append(box)
        tallest = max((len(c) for c in columns.values()), default=0)
        for number, boxes in columns.items():
            free = (tallest - len(boxes)) * (BOX_HEIGHT + GAP_Y) // 2
            for row, box in enumerate(boxes):
                box.x = number * (BOX_WIDTH + GAP_X)
                box.y = TOP + free + row * (BOX_HEIGHT + GAP_Y)
        titles = [{"x": k * (BOX_WIDTH + GAP_X), "words": t} for k, t in enumerate(self.titles)]
        return {
            "boxes": list(self.boxes.values()), "titles": titles, "paths": [self.path(*p) for p in self.lines],
            "width": len(self.titles) * (BOX_WIDTH + GAP_X) - GAP_X,
            "height": TOP + tallest * (BOX_HEIGHT + GAP_Y), "box_width": BOX_WIDTH,
            "box_height": BOX_HEIGHT, "lines": [(self.boxes[a], self.boxes[b]) for a, b in self.lines],
        }  # fmt: skip

    def path(self, first: str, last: str) -> str:
        """The curve of a line."""
        a, b = self.boxes[first], self.boxes[last]
        x, y = a.x + BOX_WIDTH, a.y + BOX_HEIGHT // 2
        to_x, to_y = b.x, b.y + BOX_HEIGHT // 2
        bend = (to_x - x) // 2
        return f"M{x},{y} C{x + bend},{y} {to_x - bend},{to_y} {to_x},{to_y}"


def add_layer(chain: Chain, row: EcologyLayer) -> str:
    """A layer with its formula and inputs."""
    key = chain.add(
        f"layer-{row.pk}",
        2,
        spoken(row),
        "" if row.unit in NO_UNIT else row.unit,
        reverse("ecology_layer", args=[row.pk]),
    )
    formula = formula_said(row.tags) or row.record.get("job", "")
    if formula:
        cited = row.tags.get("ECOREDLINE_SOURCE", "")
        box = chain.add(f"formula-{formula}", 1, formula, cited)
        chain.join(box, key)
        for given in inputs_of(row):
            facts = given["facts"] if isinstance(given["facts"], dict) else {}
            words = str(
                facts.get("name") or facts.get("file") or facts.get("path") or given["role"]
            )
            name = chain.add(f"input-{words}", 0, words.rsplit("/", 1)[-1], given["role"])
            chain.join(name, box)
    return key


def has_layers(row: Assessment) -> bool:
    """Does a rule of this assessment of counties take a number that comes from a map?"""
    fed = set(FEEDS_NUMBER.values())
    asked = {n for i in row.rules.rules.indicators for n in i.inputs.values()}
    return row.kind == Assessment.Kind.COUNTY and bool(fed & asked)


def of_layer(person, row: EcologyLayer) -> dict:
    """The chain of one layer."""
    chain = Chain([_("输入"), _("公式"), _("图层")])
    add_layer(chain, row)
    return chain.laid()


def whole(person, row: Assessment | None, place: str = "") -> dict:
    """From the inputs to the score of one place: the assessment's own indicators, and what feeds them."""
    chain = Chain([_("输入"), _("公式"), _("图层与台账"), _("台账数"), _("指标"), _("方面与总分")])
    year = row.year if row else None
    wanted = {n for i in row.rules.rules.indicators for n in i.inputs.values()} if row else None
    fed: dict[str, list[str]] = {}
    for layer in layers_for(person).exclude(feeds="").order_by("name", "-year"):
        asked = wanted is None or FEEDS_NUMBER[layer.feeds] in wanted
        if asked and (year is None or layer.year == year):
            fed.setdefault(FEEDS_NUMBER[layer.feeds], []).append(add_layer(chain, layer))
    if row is None:
        for number, keys in fed.items():
            box = chain.add(f"number-{number}", 3, number_label(number))
            for key in keys:
                chain.join(key, box)
        return chain.laid()
    add_indicators(chain, person, row, fed, place)
    return chain.laid()


def add_indicators(chain: Chain, person, row: Assessment, fed: dict, place: str) -> None:
    """Numbers, indicators, blocks and the total of a place, the best one when none is asked for."""
    rules, found = row.rules.rules, own_evaluations(person, row)
    one = next((e for e in found if e["unit"] == place), found[0] if found else None)
    scores = {f["indicator"]: f for f in one["findings"]} if one else {}
    chain.add("total", 5, _("总分"), f"{one['unit_zh']} {said(one['total'])}" if one else "")
    for indicator in rules.indicators:
        finding = scores.get(indicator.id, {})
        url = reverse("assessment_unit", args=[row.pk, one["unit"]]) if one else ""
        more = f"{_('得分')} {said(finding.get('score'))} × {indicator.weight:g}"
        key = chain.add(f"indicator-{indicator.id}", 4, spoken(indicator.zh), more, url)
        for number in indicator.inputs.values():
            value = finding.get("numbers", {}).get(number)
            box = chain.add(
                f"number-{number}", 3, number_label(number), "" if value is None else f"{value:g}"
            )
            chain.join(box, key)
            sources = fed.get(number) or [
                chain.add(f"ledger-{source_of(number)}", 2, source_of(number))
            ]
            for source in sources:
                chain.join(source, box)
        scored = one["blocks"].get(indicator.block) if one else None
        block = chain.add(
            f"block-{indicator.block}", 5, spoken(rules.blocks[indicator.block]), said(scored)
        )
        chain.join(key, block)
    chain.boxes["total"] = chain.boxes.pop("total")  # last of its column


def source_of(number: str) -> str:
    """The platform's own rows a number is made of."""
    kind = code_list("effectiveness_numbers").get(number, {}).get("kind", "")
    return {
        "polygon": _("红线斑块"), "patch": _("图斑"), "case": _("问题台账"), "clue": _("线索下发记录"),
        "task": _("年度日历"), "round": _("监测计划"), "run": _("批次观测范围"), "layer": _("生态图层（未登记）"),
        "project": _("准入核查台账"),
    }.get(kind, _("上传的实测数"))  # fmt: skip


def said(value) -> str:
    """A score in words."""
    return "—" if value is None else f"{value:.1f}"
