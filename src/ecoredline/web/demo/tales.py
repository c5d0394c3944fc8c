"""One function a fate: how far a patch comes in the demo year, told with the same actions people use.

Every tale begins with a listed clue in April and returns the case, if it came to one.
"""

from ecoredline.web.cases import actions as cases
from ecoredline.web.cases import handing
from ecoredline.web.clues import actions as clues
from ecoredline.web.clues import dispatching, merging
from ecoredline.web.demo.cast import (
    DAMAGE,
    Cast,
    at,
    days,
    endorse_up,
    verify,
)
from ecoredline.web.demo.photos import paper
from ecoredline.web.rectification import actions as rectification
from ecoredline.web.rectification import checking, closing
from ecoredline.web.verifications import actions as verifications

PLANS = {
    "mine_pit": (("stop", 20), ("slope", 60), ("regreen", 90)),
    "buildings": (("stop", 15), ("demolish", 60), ("regreen", 90)),
    "road": (("stop", 15), ("waste", 45), ("regreen", 90)),
    "forest": (("stop", 15), ("regreen", 60), ("natural", 90)),
}
CITY = "city"


def opened(cast: Cast, clue, whose: str, *, month: int = 6, day: int = 10, **facts):
    """County verified it true; the owner confirms and opens the case."""
    with at(5, 12, 9):
        verify(cast, clue, facts.pop("verdict", "true"))
    with at(5, 25, 14):
        endorse_up(cast, clue)
    with at(month, day, 10):
        return cases.open_case(
            clues=[clue], by=cast.supervisor(whose), reason="核实属实，予以认定。",
            damage_type=DAMAGE[clue.activity_type or "6"], **facts,
        )  # fmt: skip


def handed(cast: Cast, clue, whose: str, *, due: int = 200, **facts):
    """The case is with the county, which must see to it."""
    case = opened(cast, clue, whose, **facts)
    with at(6, 15, 15):
        handing.hand_over(
            case, to_unit=cast.county(case), due_on=days(due), by=cast.supervisor(whose),
            asked="依法查处，限期整改并恢复生态功能。",
        )  # fmt: skip
    with at(6, 28, 11):
        cases.investigate(
            case, by=cast.officer(case), department="natural_resources",
            findings="未取得用地审批手续，责令停止违法行为。", penalty_kind="fine", fine_yuan="50000",
            decided_on=days(0), decision_number=f"攀资规罚〔2026〕{case.pk}号（演示）",
        )  # fmt: skip
    return case


def planned(cast: Cast, clue, whose: str, *, due: int = 120, **facts):
    """A plan is made; every measure with its owner, date and condition."""
    case = handed(cast, clue, whose, due=due + 20, **facts)
    with at(7, 2, 10):
        kinds = PLANS[case.damage_type]
        items = [
            {"kind": kind, "owner_name": case.responsible or "责任单位", "due_on": days(min(due, n))}
            for kind, n in kinds
        ]  # fmt: skip
        rectification.make_plan(
            case, by=cast.officer(case), goal="停止破坏，清除设施，恢复植被和生态功能。",
            responsible="属地人民政府及责任单位", due_on=days(due), items=items,
        )  # fmt: skip
    with at(7, 20, 16):
        said = "已停工撤离，设备清场完成。"
        rectification.add_progress(case, by=cast.officer(case), said=said, percent=30)
    return case


def finished(cast: Cast, case, month: int = 9, day: int = 5) -> None:
    """Every measure is done, with photographs and papers."""
    clue = case.clues.first()
    for number, item in enumerate(case.plans.last().items.filter(state="open")):
        with at(month, day, 9 + number):
            rectification.finish_item(
                item, by=cast.officer(case), said="已按验收条件完成。",
                photos=[cast.photo(clue, f"done-{item.pk}", number)],
                documents=[paper(f"{case.number} 验收意见")],
            )  # fmt: skip
    with at(month, day, 17):
        case.refresh_from_db()
        rectification.request_closing(case, by=cast.officer(case), said="整改完成，申请销号。")


def rechecked(cast: Cast, case, whose: str, *, passed: bool = True, month: int = 9, day: int = 15):
    """On site, condition by condition."""
    kept = case.plans.last().items.exclude(state="cancelled")
    met = {
        item.pk: {"met": passed or n == 0, "note": "" if passed or n == 0 else "成活率不足"}
        for n, item in enumerate(kept)
    }
    said = "逐项核对，符合验收条件。" if passed else "复绿成活率不足，边坡仍有裸露，退回继续整改。"
    with at(month, day, 10):
        case.refresh_from_db()
        checking.recheck(
            case, by=cast.supervisor(whose), passed=passed, found=said, checkers="王某、赵某（演示）",
            conditions=met, no_photo="演示数据不含复核照片" if passed else "",
        )  # fmt: skip


def closed(cast: Cast, clue, whose: str, *, month: int = 9, day: int = 15):
    """From listed to closing."""
    case = planned(cast, clue, whose)
    finished(cast, case, month, max(1, day - 8))
    rechecked(cast, case, whose, month=month, day=day)
    with at(month, day + 3, 9):
        case.refresh_from_db()
        closing.close_case(
            case, by=cast.supervisor(whose), outcome="rectified", reason="复核合格，同意销号。"
        )
    return case


# ---- the fates, by their words
def serious(cast, clue, whose):
    """True and serious: on its way, the level above told."""
    return planned(cast, clue, whose, is_serious=True)


def recovering(cast, clue, whose):
    """Rectified in earnest."""
    return closed(cast, clue, whose)


def faked(cast, clue, whose):
    """Closed on pretence, sooner than plants can grow."""
    return closed(cast, clue, whose, month=8, day=20)


def rechecking(cast, clue, whose):
    """Done, and waiting for the recheck."""
    case = planned(cast, clue, whose, due=200)
    finished(cast, case, 11, 10)
    return case


def overdue(cast, clue, whose):
    """Late."""
    return planned(cast, clue, whose, due=60)


def rectifying(cast, clue, whose):
    """Going on as planned."""
    case = planned(cast, clue, whose, due=300)
    for month, percent in ((9, 55), (10, 70), (11, 85)):
        with at(month, 12, 10):
            said = f"补植和管护按方案推进，完成约{percent}%。"
            rectification.add_progress(case, by=cast.officer(case), said=said, percent=percent)
    return case


def handed_over(cast, clue, whose):
    """With the county, no plan yet."""
    return handed(cast, clue, whose)


def opened_only(cast, clue, whose):
    """Just opened."""
    return opened(cast, clue, whose, month=11, day=12)


def failed_recheck(cast, clue, whose):
    """Sent back by the recheck."""
    case = planned(cast, clue, whose, due=200)
    finished(cast, case, 9, 20)
    rechecked(cast, case, whose, passed=False, month=10, day=9)
    return case


def merged_case(cast, clue, whose):
    """To become part of another."""
    return handed(cast, clue, whose)


def struck_lawful(cast, clue, whose):
    """Lawful after all."""
    case = handed(cast, clue, whose)
    with at(8, 3, 10):
        closing.strike_off(
            case, by=cast.supervisor(whose), outcome="lawful",
            reason="补充提供了认定意见，属允许的有限人为活动。", documents=[paper(f"{case.number} 认定意见")],
        )  # fmt: skip
    return case


def partly(cast, clue, whose):
    """True in part."""
    return planned(cast, clue, whose, verdict="partly", due=260)


def lawful(cast, clue, whose):
    """Lawful with approvals: cleared."""
    with at(5, 14, 9):
        verify(cast, clue, "lawful")
    with at(5, 26, 14):
        endorse_up(cast, clue)
        verifications.clear(clue, by=cast.supervisor(whose), reason="手续齐全，予以排除。")


def false(cast, clue, whose):
    """Not true: cleared."""
    with at(5, 11, 9):
        verify(cast, clue, "false")
    with at(5, 20, 14):
        verifications.clear(clue, by=cast.supervisor(whose), reason="现场无新增破坏，予以排除。")


def submitted(cast, clue, whose):
    """Verified, waiting above."""
    with at(11, 9, 9):
        verify(cast, clue)


def sent_back(cast, clue, whose):
    """Sent back to be completed."""
    with at(10, 20, 9):
        verify(cast, clue)
    with at(11, 6, 15):
        verifications.send_back(
            clue, by=cast.supervisor(whose), reason="照片未反映全貌，面积依据不足。",
            missing=["全景照片", "实测面积依据"], due_on=days(25),
        )  # fmt: skip


def resubmitted(cast, clue, whose):
    """Sent back, completed, waiting above again."""
    sent_back(cast, clue, whose)
    with at(11, 16, 9):
        verify(cast, clue, found="补充全景照片和实测面积，现场情况属实。")


def received(cast, clue, whose):
    """Received by the county."""
    with at(11, 13, 11):
        dispatching.receive(clue, by=cast.officer(clue))


def waits(cast, clue, whose):
    """It lies where it was sent."""


def wrong_route(cast, clue, whose):
    """Sent to the neighbour county, declined, sent again."""
    with at(4, 29, 10):
        dispatching.decline(clue, by=cast.stranger(clue), reason="位置不在本辖区，请改派。")
        clue.refresh_from_db()
        dispatching.reassign(
            clue,
            to_unit=cast.county(clue),
            by=cast.city,
            reason="行政区界核对后改派。",
            due_on=days(30),
        )
        clue.refresh_from_db()
    return handed(cast, clue, whose)


def petitioned(cast, clue, whose):
    """Somebody complains about the same place; the two become one."""
    with at(4, 25, 16):
        other = clues.raise_clue(
            by=cast.analyst, source="petition", source_detail="信访件2026-041（演示）",
            outline=None, lon=clue.lon, lat=clue.lat, activity_type=clue.activity_type,
            problem_type=clue.problem_type, description="群众反映此处挖山毁林。", found_on=days(0),
        )  # fmt: skip
    with at(4, 26, 9):
        merging.merge(other, into=clue, by=cast.city, reason="与卫星监测线索为同一地点。")
    clue.refresh_from_db()


TALES = {
    "serious": serious, "recovering": recovering, "faked": faked, "rechecking": rechecking,
    "overdue": overdue, "rectifying": rectifying, "handed_over": handed_over, "opened": opened_only,
    "failed_recheck": failed_recheck, "merged_case": merged_case, "struck_lawful": struck_lawful,
    "wrong_route": wrong_route, "partly": partly, "lawful": lawful, "false": false,
    "submitted": submitted, "resubmitted": resubmitted, "sent_back": sent_back,
    "received": received, "dispatched": waits, "verify_overdue": waits, "waits_at_city": waits,
    "listed": waits, "raised": waits, "petitioned": petitioned,
}  # fmt: skip
NOT_SENT = ("listed", "raised", "petitioned")
UNRAISED = ("screened", "accepted", "released")
