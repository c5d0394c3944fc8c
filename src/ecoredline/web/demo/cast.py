"""The people, places and days of the demo year, and the small acts every tale is told with."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ecoredline.web.accounts.models import Person, Unit
from ecoredline.web.clues import actions as clues
from ecoredline.web.clues import consulting, dispatching
from ecoredline.web.core import clock
from ecoredline.web.demo.photos import paper, photograph
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews import actions as reviews
from ecoredline.web.reviews import claims
from ecoredline.web.verifications import actions as verifications
from ecoredline.web.verifications.terms import items_for

ZONE = ZoneInfo("Asia/Shanghai")
DAMAGE = {
    "1": "mine_pit",
    "2": "buildings",
    "3": "road",
    "4": "buildings",
    "5": "road",
    "6": "forest",
}
BUILDERS = {
    "1": "某矿业有限公司", "2": "某建材厂", "3": "某新能源有限公司", "4": "某旅游开发公司",
    "5": "某交通建设公司", "6": "某村民小组",
}  # fmt: skip
FOUND = {
    "1": "现场为露天采坑及便道，表土剥离，植被清除。",
    "2": "现场建有厂房及硬化地面，原有林草地被占用。",
    "3": "现场平整场地并安装设备，施工便道未恢复。",
    "4": "现场建有度假用房和步道，占用林地。",
    "5": "现场新开道路，边坡裸露，弃渣沿坡堆放。",
    "6": "现场成片清除林草植被，地表裸露。",
}
ANSWERS = {"at_work": "no", "stopped": "yes", "restored": "no", "protected": "no"}
BEARINGS = (35, 130, 230, 320)


def at(month: int, day: int, hour: int = 10, minute: int = 0, year: int = 2026):
    """Stand at a moment of the year."""
    return clock.standing_at(datetime(year, month, day, hour, minute, tzinfo=ZONE))


class Cast:
    """Who acts: people by log-in, county officers by division code, and the run's folder."""

    def __init__(self, folder: Path):
        people = Person.objects.select_related("unit").filter(unit__is_demo=True)
        self.people = {person.username: person for person in people}
        self.officers = {p.unit.division_code: p for p in people if p.role == "officer"}
        self.folder = folder

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def officer(self, thing) -> Person:
        """The officer of the county a patch, clue or case lies in."""
        return self.officers[thing.division_code[:6]]

    def stranger(self, thing) -> Person:
        """The officer of another county."""
        return next(o for code, o in self.officers.items() if code != thing.division_code[:6])

    def supervisor(self, whose: str) -> Person:
        """Who decides for the ministry or the city."""
        return self.people[whose]

    def supervisor_of(self, case) -> Person:
        """Who decides on a case."""
        return self.ministry if case.owner_id == self.ministry.unit_id else self.city

    def county(self, thing) -> Unit:
        """The county's unit."""
        return self.officer(thing).unit

    def photo(self, clue, name: str, turn: int):
        """A photograph taken inside the clue's outline, facing one of four ways."""
        point = clue.geom.point_on_surface
        patch = Patch.objects.filter(clue_link__clue=clue).first()
        chip = self.folder / "evidence" / f"{patch.patch_id}-after.png" if patch else None
        return photograph(
            f"{clue.number}-{name}-{turn + 1}", chip=chip, lon=point.x, lat=point.y,
            bearing=BEARINGS[turn % len(BEARINGS)], taken=clock.now().astimezone(ZONE),
        )  # fmt: skip


def types_of(patch: Patch) -> dict[str, str]:
    """The types an analyst settles on."""
    return {
        "activity_type": patch.activity_type or "6",
        "problem_type": patch.problem_type or "vegetation",
    }


def accept(cast: Cast, patch: Patch, whose: str = "city") -> None:
    """An analyst accepts."""
    by = cast.center if whose == "ministry" else cast.analyst
    claims.take(patch, by=by)
    reviews.accept(patch, by=by, **types_of(patch))


def release(cast: Cast, patch: Patch, whose: str = "city") -> None:
    """Somebody else checks it and lets it go."""
    by = cast.ministry if whose == "ministry" else cast.checker
    claims.take(patch, by=by, purpose="check")
    reviews.release(patch, by=by)


def dismiss(cast: Cast, patch: Patch, reason: str) -> None:
    """An analyst dismisses."""
    claims.take(patch, by=cast.analyst)
    reviews.dismiss(patch, by=cast.analyst, reason=reason)


def raised(cast: Cast, patch: Patch, whose: str = "city"):
    """A clue from a patch."""
    by = cast.center if whose == "ministry" else cast.analyst
    patch.refresh_from_db()
    return clues.raise_clue(by=by, patches=[patch])


def consult(cast: Cast, found: list, whose: str = "city", summary: str = "") -> None:
    """The clues are agreed on."""
    consulting.consult(
        by=cast.supervisor(whose), participants="生态环境、自然资源、林草部门和技术单位（演示）",
        summary=summary or "经比对影像和资料，同意列入疑似问题清单。",
        outcomes=[(clue, "keep", "") for clue in found],
    )  # fmt: skip
    for clue in found:
        clue.refresh_from_db()


def send_down(cast: Cast, found: list, whose: str, to) -> None:
    """Clues are given to a county by one letter, from the ministry by way of province and city."""
    if whose == "ministry":
        send_half(cast, found)
        dispatching.pass_down_clues(clues=received(found, cast.city), to_unit=to, by=cast.city)
    else:
        dispatching.dispatch_clues(clues=found, to_unit=to, by=cast.city)


def send_half(cast: Cast, found: list) -> None:
    """From the ministry to the city, which has not passed it on."""
    dispatching.dispatch_clues(clues=found, to_unit=cast.province.unit, by=cast.ministry)
    dispatching.pass_down_clues(
        clues=received(found, cast.province), to_unit=cast.city.unit, by=cast.province
    )


def received(found: list, by) -> list:
    """The clues as they are, signed for."""
    for clue in found:
        clue.refresh_from_db()
        dispatching.receive(clue, by=by)
    return found


def verify(cast: Cast, clue, verdict: str = "true", **told) -> None:
    """The county looks, photographs and reports."""
    by = cast.officer(clue)
    clue.refresh_from_db()
    true = verdict in ("true", "partly", "lawful")
    kind = clue.activity_type or "6"
    facts = {
        "kind": "field", "verdict": verdict, "checked_on": clock.today(), "checkers": "张某、李某（演示）",
        "found": FOUND[kind] if true else "现场为原有道路和耕地，未见新增破坏。", "checklist": ANSWERS,
        "area_ha": str(clue.area_ha), "redline_area_ha": str(clue.redline_area_ha),
        "land_class": "林地", "activity_type": kind, "problem_type": clue.problem_type or "vegetation",
        "builder": BUILDERS[kind], "handling": "已责令停止，要求限期整改。" if verdict == "true" else "",
        "approvals": approvals(verdict),
    } | told  # fmt: skip
    draft = verifications.save_draft(clue=clue, by=by, **facts)
    for item in items_for(draft, clock.today()):
        for turn in range(item.min_count):
            if item.kind == "photo":
                shot = cast.photo(clue, item.code, turn)
                verifications.add_file(draft, shot, item=item.code, by=by)
            elif item.kind == "document":
                verifications.add_file(draft, paper(f"{clue.number} 批复"), item=item.code, by=by)
    clue.refresh_from_db()
    verifications.submit(draft, by=by)
    clue.refresh_from_db()


def approvals(verdict: str) -> list[dict]:
    """What the county says of the approvals."""
    has = verdict == "lawful"
    told = {
        "number": "攀环审〔2023〕16号（演示）",
        "issuer": "市级主管部门（演示）",
        "dated": "2023-08-15",
    }
    return [
        {"kind": k, "has": has} | (told if has else {}) for k in ("eia", "land", "forest", "water")
    ]


def endorse_up(cast: Cast, clue) -> None:
    """City and province agree, until it is the owner's turn."""
    for by in (cast.city, cast.province):
        clue.refresh_from_db()
        if clue.holder_id == by.unit_id and clue.owner_id != by.unit_id:
            verifications.endorse(clue, by=by, said="核实情况属实，同意上报。")
    clue.refresh_from_db()


def days(count: int) -> date:
    """So many days from where the story stands."""
    return clock.today() + timedelta(days=count)
