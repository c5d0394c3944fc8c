"""Letters: numbers without gaps, words and lists frozen, who may, reminders."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse
from docx import Document

from ecoredline.documents.letter_template import shipped_template
from ecoredline.web.board.annual import redline_statement
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import BadForm, NotAllowed, StepNotAllowed
from ecoredline.web.letters import reminders, templates
from ecoredline.web.letters.actions import (
    amend_letter,
    draft_letter,
    receive_letter,
    reply_to_letter,
    send_letter,
    set_number_word,
    void_letter,
)
from ecoredline.web.letters.document import letter_docx
from ecoredline.web.letters.models import Letter, LetterTemplate, Reminder
from ecoredline.web.letters.templates import save_template, template_for
from ecoredline.web.regions.models import RedlineVersion

MARCH = date(2026, 3, 2)


def patch_row(number: str, area: str) -> dict:
    return {
        "patch_id": number, "province": "四川省", "city": "攀枝花市", "county": "盐边县",
        "lon": 101.71, "lat": 26.58, "position": "某乡北约2千米", "redline_area_ha": Decimal(area),
        "area_ha": Decimal(area), "activity_type": "1", "problem_type": "space",
    }  # fmt: skip


@pytest.fixture
def write(cast):
    """Draft a letter of the city to its county, with a list."""

    def writing(by="city_supervisor", to="yanbian_officer", **facts):
        given = {
            "kind": "verify", "addressee": "盐边县人民政府", "to_unit": cast[to].unit,
            "reply_by": MARCH + timedelta(days=29), "dated": MARCH, "contact": "张三 0812-0000000",
            "rows": [patch_row("A-1", "1.2345"), patch_row("A-2", "0.1005")],
        }  # fmt: skip
        return draft_letter(by=cast[by], **(given | facts))

    return writing


def words_in(body: BytesIO) -> str:
    """Every paragraph and cell of a document."""
    document = Document(body)
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


@pytest.mark.django_db
def test_letter_and_list_state_one_count_and_one_area(write, cast):
    letter = write()
    assert (letter.count, letter.area_ha, letter.state) == (2, Decimal("1.3350"), "draft")
    send_letter(letter, by=cast["city_supervisor"])
    assert (letter.year, letter.serial, letter.number) == (2026, 1, "5104 city〔2026〕1号")
    said = words_in(letter_docx(letter))
    assert "问题2个" in said and "1.3350公顷" in said and "合计：2个图斑" in said
    assert "0.1005" in said and letter.number in said and "2026年3月31日" in said


@pytest.mark.django_db
def test_sent_words_stay_whatever_happens_to_the_template(write, cast):
    city = cast["city_supervisor"]
    letter = send_letter(write(), by=city)
    before = words_in(letter_docx(letter))
    body = shipped_template("annex-3").as_mapping() | {"valid_from": "2026-01-01", "source": "本局"}
    body["paragraphs"] = [line.replace("经{our}", "我局依{our}") for line in body["paragraphs"]]
    made = save_template(unit=city.unit, kind="verify", body=body, by=city)
    city.unit.name = "改名后的局"
    city.unit.save()
    again = Letter.objects.get(pk=letter.pk)
    assert words_in(letter_docx(again)) == before
    assert template_for(city.unit, "verify", MARCH) == made
    assert template_for(cast["yanbian_officer"].unit, "verify", MARCH) == made  # its county's too
    assert template_for(city.unit, "verify", date(2025, 12, 31)).unit is None
    assert template_for(cast["province_supervisor"].unit, "verify", MARCH).unit is None
    for change in ("title = 'x'", "values = '{}'", "rows = '[]'", "serial = 9", "words = '{}'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"update letters_letter set {change} where id = {letter.pk}")
    with pytest.raises(StepNotAllowed):
        amend_letter(again, by=city, addressee="别处")


@pytest.mark.django_db
def test_shipped_words_become_one_row_when_they_are_used(units):
    first = template_for(units["5104"], "handover", MARCH)
    assert template_for(units["51"], "handover", MARCH) == first
    assert LetterTemplate.objects.filter(kind="handover").count() == 1
    assert templates.words_of(first) == shipped_template("annex-5")


@pytest.mark.django_db
def test_all_faults_of_a_letter_and_of_a_template_come_at_once(write, cast):
    with pytest.raises(BadForm) as refused:
        write(
            addressee=" ", reply_by=MARCH - timedelta(days=1),
            rows=[patch_row("A-1", "1"), {"patch_id": "A-2"}, patch_row("A-3", "1") | {"activity_type": "99"}],
            values={"nobody": "x", "region": "{x}"},
        )  # fmt: skip
    said = "\n".join(refused.value.details)
    assert len(refused.value.details) == 6
    for part in ("主送", "早于", "nobody", "花括号", "第2行（A-2）", "第3行（A-3）"):
        assert part in said
    with pytest.raises(BadForm) as refused:
        save_template(
            unit=cast["city_supervisor"].unit, kind="verify", by=cast["city_supervisor"],
            body=shipped_template("annex-3").as_mapping() | {"title": [], "valid_from": "一月", "annex": ""},
        )  # fmt: skip
    assert len(refused.value.details) >= 3
    assert not Letter.objects.exists()


@pytest.mark.django_db
def test_who_writes_who_receives_who_answers(write, cast):
    city, county = cast["city_supervisor"], cast["yanbian_officer"]
    letter = write()
    assert not Letter.objects.visible_to(county).exists()  # a draft is nobody's but its unit's
    with pytest.raises(NotAllowed):
        send_letter(letter, by=county)
    with pytest.raises(NotAllowed):
        draft_letter(kind="verify", by=cast["city_auditor"], addressee="某县")
    send_letter(letter, by=city)
    for person, sees in (
        ("yanbian_officer", True), ("province_supervisor", True), ("ministry_analyst", True),
        ("miyi_officer", False), ("huaping_officer", False),
    ):  # fmt: skip
        assert Letter.objects.visible_to(cast[person]).exists() is sees, person
    for person in (city, cast["miyi_officer"], cast["yanbian_analyst"]):
        with pytest.raises(NotAllowed):
            receive_letter(letter, by=person)
    receive_letter(letter, by=county)
    first = letter.received_at
    receive_letter(letter, by=county)  # a second click
    assert (letter.state, letter.received_by, letter.received_at) == ("received", county, first)
    assert AccessRecord.objects.filter(action="letter.receive").count() == 1
    with pytest.raises(NotAllowed):
        reply_to_letter(letter, by=cast["miyi_officer"], said="已核实", dated=MARCH)
    with pytest.raises(BadForm) as refused:
        reply_to_letter(letter, by=county, said=" ", dated=MARCH - timedelta(days=1))
    assert len(refused.value.details) == 2
    reply_to_letter(letter, by=county, said="已核实", dated=MARCH, number="盐边函〔2026〕3号")
    reply_to_letter(letter, by=city, said="补充材料（纸质）", dated=MARCH)
    assert letter.state == "replied" and letter.replies.count() == 2
    with pytest.raises(StepNotAllowed):
        void_letter(letter, by=city, reason="写错")


@pytest.mark.django_db
def test_a_letter_between_higher_units_is_not_for_every_county_of_its_list(cast):
    letter = draft_letter(
        kind="verify", by=cast["ministry_supervisor"], addressee="四川省人民政府办公厅", dated=MARCH,
        to_unit=cast["province_supervisor"].unit, rows=[patch_row("A-1", "1")],
        scope_codes=["51", "5104", "510422"],
    )  # fmt: skip
    send_letter(letter, by=cast["ministry_supervisor"])
    seen = {name for name, person in cast.items() if Letter.objects.visible_to(person).exists()}
    assert seen == {"ministry_analyst", "ministry_supervisor", "province_supervisor"}


@pytest.mark.django_db
def test_void_letters_keep_their_number_and_years_count_apart(write, cast):
    city = cast["city_supervisor"]
    set_number_word(unit=city.unit, word="攀环函", valid_from=date(2026, 1, 1), by=city)
    first, second = (send_letter(write(), by=city) for _ in range(2))
    with pytest.raises(BadForm):
        void_letter(first, by=city, reason="")
    void_letter(first, by=city, reason="主送单位有误")
    third = send_letter(write(), by=city)
    other = send_letter(write(dated=date(2027, 1, 4), reply_by=None), by=city)
    other_unit = send_letter(write(by="province_supervisor"), by=cast["province_supervisor"])
    assert [x.number for x in (first, second, third, other)] == [
        "攀环函〔2026〕1号", "攀环函〔2026〕2号", "攀环函〔2026〕3号", "攀环函〔2027〕1号",
    ]  # fmt: skip
    assert other_unit.serial == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double_under_concurrency(committed, cast, write):
    drafts = [write() for _ in range(12)]
    broken = write()
    barrier, faults = threading.Barrier(4), []

    def sender(mine):
        try:
            barrier.wait(timeout=20)
            for letter in mine:
                send_letter(letter, by=cast["city_supervisor"])
            with pytest.raises(RuntimeError), transaction.atomic():  # a number taken and given back
                send_letter(Letter.objects.get(pk=broken.pk), by=cast["city_supervisor"])
                raise RuntimeError
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sender, args=(drafts[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not faults
    serials = sorted(Letter.objects.filter(serial__isnull=False).values_list("serial", flat=True))
    assert serials == list(range(1, 13))
    assert Letter.objects.get(pk=broken.pk).state == "draft"


@pytest.mark.django_db
def test_reminders_come_before_on_and_after_the_day_once_each(write, cast):
    city, county = cast["city_supervisor"], cast["yanbian_officer"]
    letter = send_letter(write(), by=city)
    due = letter.reply_by
    given = []
    for day in range(-10, 40):
        for _ in range(2):  # the job runs every hour
            given += [(day, r.kind) for r in reminders.remind(due + timedelta(days=day))]
    assert given == [
        (-7, "before_7"), (-3, "before_3"), (0, "on_day"), (1, "overdue_1"), (7, "overdue_7"),
        (15, "overdue_15"), (30, "overdue_30"),
    ]  # fmt: skip
    assert set(Reminder.objects.values_list("unit", flat=True)) == {county.unit_id}
    assert "已逾期7天" in Reminder.objects.get(kind="overdue_7").text
    later = send_letter(write(reply_by=due + timedelta(days=60)), by=city)
    slept = reminders.remind(later.reply_by + timedelta(days=9))  # the server stood still for weeks
    assert [r.kind for r in slept if r.subject_id == later.pk] == ["overdue_7"]
    reply_to_letter(later, by=county, said="已办结", dated=MARCH)
    assert not [r for r in reminders.remind(due + timedelta(days=120)) if r.subject_id == later.pk]


@pytest.mark.django_db
def test_other_rooms_remind_of_their_own_things(cast):
    unit = cast["yanbian_officer"].unit
    facts = {
        "subject_kind": "case",
        "subject_id": 7,
        "unit": unit,
        "due_on": MARCH,
        "text": "问题7",
    }
    assert reminders.give(**facts, today=MARCH - timedelta(days=8)) is None
    made = reminders.give(**facts, today=MARCH - timedelta(days=2))
    assert made.kind == "before_3" and "还有2天" in made.text
    assert reminders.give(**facts, today=MARCH - timedelta(days=2)) is None
    assert (
        reminders.give(**(facts | {"due_on": MARCH + timedelta(days=1)}), today=MARCH) is not None
    )
    assert list(reminders.reminders_for(cast["yanbian_officer"], subject_kind="case", subject_id=7))
    assert not reminders.reminders_for(cast["miyi_officer"]).exists()


@pytest.mark.django_db
def test_the_clock_dates_a_letter_without_a_date(write, cast):
    with clock.standing_at(clock.now().replace(year=2025, month=7, day=1)):
        letter = send_letter(write(dated=None, reply_by=None), by=cast["city_supervisor"])
    assert letter.year == 2025 and letter.dated.year == 2025


def test_a_letter_and_the_years_figures_say_the_redline_version(write, run, as_person):
    version = run.redline_version
    RedlineVersion.objects.filter(pk=version.pk).update(valid_from=date(2026, 1, 1))
    assert write().redline_version == version.name
    assert write(dated=date(2025, 6, 1), reply_by=date(2025, 7, 1)).redline_version == ""
    assert version.name in redline_statement(BoardFilter(year="2026"))
    assert version.name not in redline_statement(BoardFilter(year="2025"))
    assert version.name in as_person("city_supervisor").get(reverse("board")).content.decode()
