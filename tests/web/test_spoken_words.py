"""Declared words of ecology and effectiveness in English; a proposal is not called a candidate."""

import json
import re
from importlib import resources

import pytest
from django.utils import translation

from ecoredline.delineation.build import BUFFER, CORRIDOR, REQUIRED
from ecoredline.delineation.compare import BELOW, SHAPED, TOO_SMALL
from ecoredline.effectiveness.compare import UNLIKE_EFFORT
from ecoredline.effectiveness.evaluate import INCOMPLETE
from ecoredline.effectiveness.rules import DEMO_MARK
from ecoredline.web.assessments.adjusting import AFTER, NAMED, PROPOSED
from ecoredline.web.assessments.layers import CLASS_WORDS
from ecoredline.web.assessments.spoken import formula_said, spoken
from ecoredline.web.assessments.watershed import LAYERS, PLACE
from ecoredline.web.core.templatetags.ecoredline import said

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")


def shipped():
    """Every word of the rule sets that come with the program."""
    for path in (resources.files("ecoredline") / "effectiveness" / "rules").iterdir():
        rules = json.loads(path.read_text("utf-8"))
        yield rules["zh"]
        yield from rules["blocks"].values()
        yield from rules["names"].values()
        yield from (g["zh"] for g in rules["grades"])
        yield from (word for i in rules["indicators"] for word in (i["zh"], i["unit"]))


def test_every_word_the_program_itself_stores_has_its_english():
    words = [
        *shipped(), *CLASS_WORDS.values(), *PROPOSED.values(), AFTER, NAMED, BELOW, SHAPED, TOO_SMALL,
        REQUIRED, BUFFER, CORRIDOR, UNLIKE_EFFORT, INCOMPLETE, DEMO_MARK, PLACE, *(zh for _, zh, _ in LAYERS),
    ]  # fmt: skip
    with translation.override("en"):
        assert [w for w in words if CHINESE.search(spoken(w))] == []
    with translation.override("zh-hans"):
        assert [spoken(w) for w in words] == words


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("植被覆盖度 2026", "Vegetation cover 2026"),
        ("11 森林", "11 Forest"),
        ("游屋圳流域 坡长坡度因子 LS", "Youwuzhen watershed Length-slope factor LS"),
        ("必须纳入：自然保护地", "Must be included: Protected areas"),
        ("调整提案 东区.geojson", "Adjustment proposal 东区.geojson"),
        ("某县自定指标", "某县自定指标"),
        ("", ""),
    ],
)
def test_parts_are_said_and_what_people_wrote_stays(stored, said):
    with translation.override("en"):
        assert spoken(stored) == said


@pytest.mark.parametrize(
    ("stored", "english"),
    [
        ("2025 年应落实制度数：5 个单位以上传的实测数为准",
         "2025, Duties of the year: uploaded numbers count for 5 places"),
        ("调出部分只有 40 % 有数据；调入部分只有 0 % 有数据",
         "What would leave: data on 40 % only; What would join: data on 0 % only"),
        ("2024 年没有批次，红线按最早载入的版本计", "2024 has no run; the earliest redline version loaded counts"),
        ("制度落实与巡查按红线斑块所在县（区）计", "Duties and patrols are those of the county a polygon lies in"),
    ],
)  # fmt: skip
def test_remarks_of_a_run_follow_the_page(stored, english):
    with translation.override("zh-hans"):
        assert said(stored) == stored
    with translation.override("en"):
        assert said(stored) == english


def test_a_formula_nobody_translated_is_said_by_its_own_name():
    tags = {"ECOREDLINE_FORMULA": "wind_erosion_force", "ECOREDLINE_FORMULA_ZH": "风力侵蚀"}
    with translation.override("en"):
        assert formula_said(tags) == "Wind erosion force"
        assert formula_said({}) == ""
    with translation.override("zh-hans"):
        assert formula_said(tags) == "风力侵蚀"
