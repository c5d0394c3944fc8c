"""Rows of the demo's own ledgers: what a county might have written, all of it made up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import shapely

from ecoredline.geodesy import area_ha, round_ha

SINCE, SPRING, JUNE, AUTUMN = (
    date(2025, 12, 1),
    date(2026, 4, 8),
    date(2026, 6, 1),
    date(2026, 10, 9),
)
ECOSYSTEMS = (("森林", "阔叶林", 0.62), ("灌丛", "阔叶灌丛", 0.23), ("农田", "耕地", 0.05))
LAND = (("0301", "乔木林地", 0.6), ("0305", "灌木林地", 0.25), ("0103", "旱地", 0.05))
DEMO = "演示合成数据"


@dataclass
class DemoRow:
    """A row: its ledger, what is typed, its shape, since when, and what is written later."""

    book: str
    cells: dict
    shape: shapely.Geometry | None = None
    since: date = SINCE
    later: list[tuple[date, dict]] = field(default_factory=list)


def rows_of(place) -> Iterator[DemoRow]:
    """Every row of a county."""
    for make in (nature, rights, functions, stations, management):
        yield from make(place)


def nature(place) -> Iterator[DemoRow]:
    """Ecosystem types and land classes by area."""
    whole = area_ha(place.inside)
    for first, second, share in ECOSYSTEMS:
        cells = {"class_1": first, "class_2": second, "area_ha": round_ha(whole * share),
                 "year": 2025, "data_source": DEMO}  # fmt: skip
        yield DemoRow("ecosystem_unit", cells)
    for code, name, share in LAND:
        cells = {"land_code": code, "land_class": name, "area_ha": round_ha(whole * share),
                 "year": 2025, "data_source": DEMO}  # fmt: skip
        yield DemoRow("land_use_unit", cells)


def rights(place) -> Iterator[DemoRow]:
    """A mine that leaves step by step, farmland, a water source with its class, a village."""
    mine = {
        "kind": "mining", "name": f"{place.name}某采石场（演示）", "number": f"演示采矿证{place.code}",
        "holder": "某矿业有限公司（演示）", "expires_on": "2027-12-31", "exit_state": "planned",
        "document": "演示退出方案",
    }  # fmt: skip
    gone = [(JUNE, {"exit_state": "going"})]
    if place.dice.random() < 0.5:
        gone.append((AUTUMN, {"exit_state": "gone", "exit_on": AUTUMN.isoformat()}))
    yield DemoRow("existing_right", mine, place.plot(260), later=gone)
    farm = {
        "kind": "farmland",
        "name": f"{place.name}某村永久基本农田（演示）",
        "exit_state": "kept",
    }
    yield DemoRow("existing_right", farm, place.plot(160))
    for grade, metres in (("water_1", 120), ("water_2", 380)):
        water = {"kind": "water_source", "name": f"{place.name}某水源地（演示）", "grade": grade,
                 "exit_state": "kept", "document": "演示划定文件"}  # fmt: skip
        yield DemoRow("existing_right", water, place.plot(metres))
    spot = place.spot()
    village = {"kind": "settlement", "name": f"{place.name}某村民小组（演示）", "exit_state": "unknown",
               "lon": spot.x, "lat": spot.y}  # fmt: skip
    yield DemoRow("existing_right", village)


def functions(place) -> Iterator[DemoRow]:
    """Yearly values, and a species record."""
    for year in (2024, 2025):
        value = round(70 + 5 * place.dice.random() + (year - 2024), 2)
        cells = {"indicator": "植被覆盖度（演示）", "value": value, "unit": "%", "year": year,
                 "method": DEMO}  # fmt: skip
        yield DemoRow("function_value", cells)
    spot = place.spot()
    seen = {"scientific_name": "Cycas panzhihuaensis", "name_zh": "攀枝花苏铁（演示）",
            "count": place.dice.randint(1, 9), "observed_on": SPRING.isoformat(), "observer": "演示",
            "lon": spot.x, "lat": spot.y}  # fmt: skip
    yield DemoRow("species_occurrence", seen, since=SPRING)


def stations(place) -> Iterator[DemoRow]:
    """Two stations with their values."""
    for number, (kind, name, indicator, unit) in enumerate(
        (
            ("water", "水文水质站", "高锰酸盐指数", "mg/L"),
            ("wildlife", "红外相机", "拍摄次数", "次"),
        ),
        1,
    ):
        spot, code = place.spot(), f"演示-{place.code}-{number}"
        cells = {"number": code, "name": f"{place.name}{name}（演示）", "kind": kind,
                 "indicators": indicator, "since": "2025-01-01", "lon": spot.x, "lat": spot.y}  # fmt: skip
        yield DemoRow("monitor_station", cells)
        for day in (SPRING, AUTUMN):
            value = (
                round(1 + 4 * place.dice.random(), 2) if number == 1 else place.dice.randint(2, 30)
            )
            told = {"station": code, "indicator": indicator, "value": value, "unit": unit,
                    "measured_on": day.isoformat()}  # fmt: skip
            yield DemoRow("monitor_value", told, since=day)


def management(place) -> Iterator[DemoRow]:
    """A paper, patrols with their routes, an assessment, publicity, a payment, a restoration."""
    yield DemoRow("institution", {
        "title": f"{place.name}生态保护红线管理办法（演示）", "issuer": f"{place.name}人民政府（演示）",
        "issued_on": "2025-11-20", "kind": "管控制度", "summary": "演示合成数据。",
    })  # fmt: skip
    for day, found in ((SPRING, "未发现新的人类活动"), (AUTUMN, "发现一处弃渣，已报")):
        yield DemoRow("patrol", {
            "patrolled_on": day.isoformat(), "persons": "护林员（演示）", "route": "演示路线",
            "length_km": 1.2, "found": found, "handled": "已记录",
        }, place.path(), since=day)  # fmt: skip
    yield DemoRow("publicity", {
        "title": "世界环境日宣传（演示）", "held_on": "2026-06-05", "kind": "宣传", "place": "县城广场",
        "people": place.dice.randint(50, 300),
    }, since=date(2026, 6, 5))  # fmt: skip
    yield DemoRow("compensation", {
        "year": 2025, "item": "重点生态功能区转移支付（演示）", "receiver": f"{place.name}（演示）",
        "amount_10k": place.dice.randint(100, 900), "paid_on": "2025-11-30",
    })  # fmt: skip
    yield DemoRow("assessment", {
        "year": 2025, "kind": "自评估", "rule_set": "演示指标体系（非官方）",
        "score": round(80 + 10 * place.dice.random(), 1), "remark": DEMO,
    }, since=SPRING)  # fmt: skip
    yield DemoRow("restoration", {
        "name": f"{place.name}采坑复绿工程（演示）", "measure": "覆土、补植", "cost_10k": 120,
        "started_on": "2026-03-01", "state": "在建",
    }, place.plot(200), since=SPRING, later=[(AUTUMN, {"state": "已完工", "finished_on": "2026-10-01"})])  # fmt: skip
