"""Verification: drafts, what is missing, going up and back, what nobody can change; spot checks."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.gis.geos import Point
from django.db import IntegrityError, connection, connections, transaction
from photographs import picture
from verifying import INSIDE, send_down, take_photographs, whole_draft, whole_facts

from ecoredline.geodesy import distance_m
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import (
    BadForm,
    Blocked,
    MovedMeanwhile,
    NotAllowed,
    NotFound,
    StepNotAllowed,
)
from ecoredline.web.files.actions import Told
from ecoredline.web.letters.actions import draft_letter, send_letter
from ecoredline.web.verifications import sampling, spot_checks
from ecoredline.web.verifications.actions import (
    add_file,
    clear,
    draw_spot_check,
    endorse,
    record_spot_check,
    remove_file,
    reopen,
    save_draft,
    send_back,
    submit,
)
from ecoredline.web.verifications.missing import files_of, missing_of
from ecoredline.web.verifications.models import Judgement, Verification
from ecoredline.web.verifications.positions import place_of

pytestmark = pytest.mark.django_db
LONG = ("province_supervisor", "city_supervisor", "yanbian_officer")


@pytest.fixture
def clue(cast):
    return send_down(cast)


def test_a_draft_says_all_that_is_missing_at_once_and_goes_up_when_nothing_is(clue, cast):
    county = cast["yanbian_officer"]
    draft = save_draft(clue=clue, by=county, verdict="true")
    with pytest.raises(Blocked) as refused:
        submit(draft, by=county)
    said = "\n".join(refused.value.details)
    for part in (
        "核查人员",
        "现状地类",
        "问题类型",
        "环境影响评价",
        "全景照片",
        "采坑",
        "正在施工",
        "方位",
    ):
        assert part in said, part
    assert "道路" not in said  # another activity's
    draft = save_draft(clue=clue, by=county, seen=draft.saves, **whole_facts())
    assert (draft.area_ha, draft.problem_type, draft.saves) == (
        Decimal("4.2123"),
        "space;vegetation",
        2,
    )
    take_photographs(draft, county)
    assert missing_of(draft) == []
    submit(draft, by=county, seen=clue.version)
    clue.refresh_from_db()
    assert (clue.state, clue.holder) == ("submitted", cast["city_supervisor"].unit)
    last = history(clue).last()
    assert (last.step, last.details["verdict"], len(last.details["files"])) == ("submit", "true", 6)
    assert last.details["approvals"][0]["number"] == "攀环审〔2019〕8号"
    hand = clue.dispatches.get()
    assert hand.ended_how == "submitted" and hand.received_by == county


@pytest.mark.parametrize(
    ("facts", "lacking"),
    [
        ({"verdict": "false", "approvals": [], "area_ha": "", "builder": ""}, []),
        ({"verdict": "lawful", "approvals": [{"kind": k, "has": False} for k in ("eia", "land", "forest", "water")]},
         ["须有审批手续", "审批文件"]),
        ({"verdict": "lawful"}, ["审批文件"]),
        ({"approvals": [{"kind": "eia", "has": True, "number": "8号"}]},
         ["文号、批准机关或日期", "用地审批", "林草审批", "水利审批"]),
        ({"kind": "desk"}, ["内业核实依据"]),
    ],
)  # fmt: skip
def test_each_verdict_asks_for_its_own(clue, cast, facts, lacking):
    draft = whole_draft(clue, cast["yanbian_officer"], **facts)
    found = missing_of(draft)
    assert len(found) == len(lacking), found
    for part in lacking:
        assert any(part in words for words in found), part


def test_photographs_count_only_where_and_whence_they_were_taken(clue, cast):
    county = cast["yanbian_officer"]
    draft = save_draft(clue=clue, by=county, **whole_facts())
    lon, lat = INSIDE

    def lacks(item):
        return [words for words in missing_of(draft) if words.startswith(item)]

    far = picture(lon=lon + 0.05, lat=lat, bearing=10, colour=(1, 1, 1))
    beside = picture(lon=lon, lat=lat + 0.003, bearing=10, colour=(2, 2, 2))
    for shot in (far, beside):
        add_file(draft, shot, item="inside", by=county)
    assert "现有0份" in lacks("现场照片")[0]
    for bearing in (100, 110):  # nearly one direction
        add_file(draft, picture(lon=lon, lat=lat, bearing=bearing), item="inside", by=county)
    assert lacks("现场照片") == ["现场照片（在范围内拍摄）：需2个不同方位，现有1个"]
    told = Told(lon=lon, lat=lat, bearing=200.0, source="浏览器定位")
    made = add_file(draft, picture(taken="", colour=(9, 9, 9)), item="inside", by=county, told=told)
    assert lacks("现场照片") == []
    again = add_file(
        draft, picture(taken="", colour=(9, 9, 9)), item="inside", by=county, told=told
    )
    assert again.pk == made.pk and files_of(draft).count() == 5  # a resend on a bad line
    remove_file(draft, made.pk, by=county)
    assert lacks("现场照片")


def test_the_place_of_a_photograph_agrees_with_a_measure_on_the_ellipsoid(clue):
    today = clock.today()
    assert place_of(Point(*INSIDE), clue, today).metres == 0.0
    east = place_of(Point(101.7060, 26.5811), clue, today)
    assert east.code == "near"
    assert east.metres == pytest.approx(distance_m(101.7060, 26.5811, 101.7020, 26.5811), rel=1e-3)
    corner = place_of(Point(101.7100, 26.5900), clue, today)
    assert corner.code == "far"
    assert corner.metres == pytest.approx(distance_m(101.71, 26.59, 101.702, 26.582), rel=1e-3)
    assert place_of(Point(101.70215, 26.581), clue, today).code == "inside"  # a phone's tolerance
    assert place_of(None, clue, today).code == "unknown"
    clue.geom = None
    assert place_of(Point(*INSIDE), clue, today).code == "near"


def test_all_typing_faults_come_at_once_and_nothing_is_kept(clue, cast):
    with pytest.raises(BadForm) as refused:
        save_draft(
            clue=clue, by=cast["yanbian_officer"], verdict="maybe", area_ha="很大", checked_on="2999-01-01",
            activity_type="42", checklist={"at_work": "perhaps"}, problem_type="space;nonsense",
            approvals=[{"kind": "moon"}, {"kind": "eia", "dated": "昨天"}],
        )  # fmt: skip
    assert len(refused.value.details) == 8
    with pytest.raises(BadForm):
        save_draft(clue=clue, by=cast["yanbian_officer"], area_ha="1", redline_area_ha="2")
    assert not Verification.objects.exists()


def test_who_may_verify_and_who_may_judge(clue, cast):
    for person in ("miyi_officer", "yanbian_analyst", "city_supervisor", "province_supervisor"):
        with pytest.raises(NotAllowed):
            save_draft(clue=clue, by=cast[person], verdict="true")
    county, city = cast["yanbian_officer"], cast["city_supervisor"]
    draft = whole_draft(clue, county)
    with pytest.raises(NotAllowed):
        add_file(draft, picture(), item="overview", by=cast["miyi_officer"])
    submit(draft, by=county)
    clue.refresh_from_db()
    for person in ("yanbian_officer", "miyi_officer", "city_analyst", "province_supervisor"):
        with pytest.raises(NotAllowed):
            endorse(clue, by=cast[person])
        with pytest.raises(NotAllowed):
            send_back(clue, by=cast[person], reason="x")
    with pytest.raises(Blocked):
        endorse(clue, by=city)  # the owner confirms or clears
    with pytest.raises(BadForm):
        clear(clue, by=city, reason=" ")


def test_up_and_back_through_three_levels_keeps_every_word(cast):
    clue = send_down(cast, chain=LONG)
    province, city, county = (cast[name] for name in LONG)
    first = submit(whole_draft(clue, county), by=county)
    clue.refresh_from_db()
    endorse(clue, by=city, said="市级同意")
    assert clue.holder == province.unit and clue.state == "submitted"
    send_back(clue, by=province, reason="照片看不清采坑边界", missing=["采坑四至照片", " "])
    assert (clue.state, clue.holder) == ("dispatched", county.unit)
    assert clue.due_on >= clock.today() + timedelta(days=10)
    second = save_draft(clue=clue, by=county, found="补拍四至", client_key="phone-7")
    assert (second.round, second.verdict, second.land_class) == (2, "true", "林地")  # carried on
    assert files_of(second).count() == 0 and files_of(first).count() == 6
    save_draft(clue=clue, by=county, **whole_facts(found="补拍四至"))
    take_photographs(second, county)
    submit(second, by=county)
    clue.refresh_from_db()
    assert clue.holder == city.unit  # every level sees the new round
    endorse(clue, by=city, said="补正属实")
    assert clue.holder == province.unit
    clear(clue, by=province, reason="不在红线内")
    assert (clue.state, clue.holder) == ("cleared", province.unit)
    reopen(clue, by=province, reason="群众再次举报")
    assert (clue.state, clue.holder) == ("dispatched", county.unit)
    assert list(Judgement.objects.values_list("kind", "unit__level", "agrees", "said")) == [
        ("endorse", "city", True, "市级同意"), ("send_back", "province", False, "照片看不清采坑边界"),
        ("endorse", "city", True, "补正属实"),
        ("clear", "province", False, "不在红线内"), ("reopen", "province", False, "群众再次举报"),
    ]  # fmt: skip
    assert Judgement.objects.get(kind="send_back").missing == ["采坑四至照片"]
    steps = [row.step for row in history(clue)]
    assert steps[-6:] == ["endorse", "send_back", "submit", "endorse", "clear", "reopen"]


def test_the_database_refuses_to_change_what_was_submitted(clue, cast):
    county = cast["yanbian_officer"]
    row = submit(whole_draft(clue, county), by=county)
    clue.refresh_from_db()
    send_back(clue, by=cast["city_supervisor"], reason="补充")
    photo = files_of(row).first()
    for words in (
        f"update verifications_verification set verdict = 'false' where id = {row.pk}",
        f"update verifications_verification set submitted_at = null where id = {row.pk}",
        f"delete from verifications_verification where id = {row.pk}",
        f"update verifications_approval set has = true where verification_id = {row.pk}",
        f"delete from verifications_approval where verification_id = {row.pk}",
        f"insert into verifications_approval (verification_id, kind, has, number, issuer) values ({row.pk}, 'eia', true, '', '')",
        "update verifications_judgement set said = 'x'", "delete from verifications_judgement",
        f"delete from files_attachment where id = {photo.pk}",
        f"update files_attachment set record = '' where id = {photo.pk}",
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(words)
    with pytest.raises(StepNotAllowed):
        add_file(row, picture(), item="overview", by=county)


def test_a_second_click_and_a_resend_do_no_harm(clue, cast):
    county = cast["yanbian_officer"]
    draft = whole_draft(clue, county, client_key="phone-1")
    submit(draft, by=county)
    assert submit(draft, by=county).submitted_at is not None
    again = save_draft(clue=clue, by=county, client_key="phone-1", found="迟到的重发")
    assert again.pk == draft.pk and again.found != "迟到的重发"
    assert history(clue).filter(step="submit").count() == 1 and Verification.objects.count() == 1
    with pytest.raises(StepNotAllowed):
        save_draft(clue=clue, by=cast["city_supervisor"], found="已上报后再核实")


def test_a_colleague_who_saved_meanwhile_is_not_overwritten(clue, cast):
    county = cast["yanbian_officer"]
    draft = save_draft(clue=clue, by=county, found="甲所见")
    save_draft(clue=clue, by=county, seen=draft.saves, found="乙所见")
    with pytest.raises(MovedMeanwhile):
        save_draft(clue=clue, by=county, seen=draft.saves, found="甲又写")
    assert Verification.objects.get().found == "乙所见"
    again = save_draft(
        clue=clue, by=county, seen=draft.saves, found="乙所见"
    )  # a resend says nothing new
    assert again.saves == 2


@pytest.mark.django_db(transaction=True)
def test_two_phones_that_save_at_once_make_one_draft(committed, cast):
    clue = send_down(cast)
    barrier, faults = threading.Barrier(4), []

    def phone(number):
        try:
            barrier.wait(timeout=20)
            save_draft(
                clue=Clue.objects.get(pk=clue.pk), by=cast["yanbian_officer"], found=f"第{number}次"
            )
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=phone, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not faults
    assert Verification.objects.get().saves == 4


@pytest.fixture
def submitted(cast):
    """Nine clues of one county and three of another, all gone up to the city."""
    made = []
    for officer, county, n in (("yanbian_officer", "510422", 9), ("miyi_officer", "510421", 3)):
        for k in range(n):
            clue = send_down(
                cast, number=f"{county}-{k}", county=county, chain=("city_supervisor", officer)
            )
            row = save_draft(clue=clue, by=cast[officer], verdict="false", checked_on=clock.today(),
                             checkers="甲", found="为原有道路", kind="desk",
                             checklist={"protected": "no"}, client_key=f"{county}-{k}")  # fmt: skip
            add_file(row, picture_document(k), item="basis", by=cast[officer])
            submit(row, by=cast[officer])
            clue.refresh_from_db()
            made.append(clue)
    return made


def picture_document(k: int):
    return picture(colour=(k, 0, 0))


def test_a_spot_check_is_drawn_in_proportion_and_can_be_drawn_again(submitted, cast):
    city = cast["city_supervisor"]
    with pytest.raises(BadForm) as refused:
        draw_spot_check(by=city, name=" ", size=13)
    assert len(refused.value.details) == 2 and "1至12" in refused.value.details[1]
    for person in ("yanbian_officer", "city_analyst", "city_auditor"):
        with pytest.raises(NotAllowed):
            draw_spot_check(by=cast[person], name="x", size=1)
    check = draw_spot_check(by=city, name="2026年抽查", size=4, seed=7)
    drawn = sorted(check.clues.values_list("division_code", flat=True))
    assert drawn == ["510421", "510422", "510422", "510422"]
    assert spot_checks.drawn_again(check)
    assert sorted(check.clues.values_list("number", flat=True)) == sorted(
        sampling.draw(check.frame["clues"], 4, 7)
    )
    seeds = {draw_spot_check(by=city, name="又一次", size=4).seed for _ in range(3)}
    assert len(seeds) == 3  # the machine's own


def test_spot_checks_add_a_word_and_count_agreement(submitted, cast):
    city = cast["city_supervisor"]
    check = draw_spot_check(by=city, name="抽查", size=4, seed=1)
    drawn = list(check.clues.order_by("number"))
    assert spot_checks.agreement(check)["rate"] is None
    for k, clue in enumerate(drawn[:3]):
        record_spot_check(check, clue, by=city, agrees=k > 0, said="现场看过")
    with pytest.raises(StepNotAllowed):
        record_spot_check(check, drawn[0], by=city, agrees=True, said="改主意")
    with pytest.raises(BadForm):
        record_spot_check(check, drawn[3], by=city, agrees=True, said="")
    other = next(c for c in submitted if c not in drawn)
    with pytest.raises(NotFound):
        record_spot_check(check, other, by=city, agrees=True, said="没抽到")
    found = spot_checks.agreement(check)
    assert (found["checked"], found["agreed"], found["of"]) == (3, 2, 4)
    assert 0 < found["low"] < 2 / 3 < found["high"] < 1
    drawn[0].refresh_from_db()
    assert drawn[0].state == "submitted" and history(drawn[0]).last().step == "spot_check"


def test_what_was_decided_can_be_drawn_by_a_level_that_did_not_verify_it(submitted, cast):
    city, province = cast["city_supervisor"], cast["province_supervisor"]
    for clue in submitted[:3]:
        clear(clue, by=city, reason="为原有道路")
    assert sum(map(len, spot_checks.frame_for(city).values())) == 9
    with pytest.raises(BadForm, match="年度"):
        draw_spot_check(by=province, name="已排除", size=1, decided=True)
    whole = spot_checks.frame_for(province, year=2026, decided=True)
    assert sum(map(len, whole.values())) == 12 and not spot_checks.frame_for(
        province, year=2025, decided=True
    )
    check = draw_spot_check(by=province, name="已排除", size=12, year=2026, decided=True, seed=3)
    assert check.frame["decided"] is True and spot_checks.drawn_again(check)
    gone = submitted[0]
    gone.refresh_from_db()
    with pytest.raises(NotFound):  # drawn by the province, not by the city
        record_spot_check(check, gone, by=city, agrees=True, said="x")
    record_spot_check(check, gone, by=province, agrees=False, said="现场为新开道路")
    assert (gone.state, history(gone).last().step) == ("cleared", "spot_check")
    own = spot_checks.verified_by(cast["yanbian_officer"].unit_id)
    assert {row["clue"] for row in own} == {c.pk for c in submitted[:9]}


def test_every_number_of_a_frame_is_drawn_about_equally_often():
    frame = {"a": [f"A-{k}" for k in range(20)], "b": [f"B-{k}" for k in range(10)]}
    times = dict.fromkeys([*frame["a"], *frame["b"]], 0)
    for seed in range(600):
        for number in sampling.draw(frame, 6, seed):
            times[number] += 1
    chi = sum((n - 120) ** 2 / 120 for n in times.values())
    assert sum(times.values()) == 3600 and chi < 51  # χ² of 28 degrees of freedom, p = 0.005


def test_the_letter_is_answered_when_the_last_clue_of_its_list_has_gone_up(cast):
    city, county = cast["city_supervisor"], cast["yanbian_officer"]
    clues = [send_down(cast, number=f"T-{k}") for k in range(2)]
    letter = draft_letter(
        kind="verify", by=city, addressee="盐边县人民政府", to_unit=county.unit,
        rows=[{"patch_id": c.number, "redline_area_ha": c.redline_area_ha} for c in clues],
    )  # fmt: skip
    send_letter(letter, by=city)
    assert "发现你县（区）存在" in letter.words["paragraphs"][0]
    assert letter.words["paragraphs"][1].endswith("反馈我局。")
    for clue in clues:
        clue.dispatches.update(letter=letter)
    states = []
    for clue in clues:
        submit(whole_draft(clue, county), by=county)
        letter.refresh_from_db()
        states.append(letter.state)
    assert states == ["sent", "replied"]
    assert letter.replies.get().said.endswith("T-0、T-1")
