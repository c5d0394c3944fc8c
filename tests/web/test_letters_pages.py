"""The register, drafting, and the page on which an office changes its words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecoredline.documents.letter_template import shipped_template
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.files.models import Attachment
from ecoredline.web.letters.actions import draft_letter, send_letter
from ecoredline.web.letters.forms import TemplateForm
from ecoredline.web.letters.models import Letter, LetterTemplate

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def letter(cast):
    """A letter of the city with a list, sent, whose reply was due long ago."""
    row = {"patch_id": "A-1", "province": "四川省", "redline_area_ha": Decimal("1.5"), "activity_type": "1",
           "problem_type": "space", "lon": 101.7, "lat": 26.5, "position": "某乡", "county": "盐边县"}  # fmt: skip
    made = draft_letter(
        kind="verify", by=cast["city_supervisor"], addressee="盐边县人民政府", dated=DAY, rows=[row],
        to_unit=cast["yanbian_officer"].unit, reply_by=DAY + timedelta(days=29),
    )  # fmt: skip
    return send_letter(made, by=cast["city_supervisor"])


def test_the_register_is_filtered_and_marks_what_is_overdue(letter, as_person):
    county = as_person("yanbian_officer")
    page = county.get("/letters/").content.decode()
    assert letter.number in page and "1 件逾期未复" in page
    for query, there in (
        ("due=overdue", True), ("due=soon", False), ("side=in", True), ("side=out", False),
        ("kind=verify", True), ("kind=talk", False), ("year=2026", True), ("year=2025", False),
        ("state=sent", True), ("state=draft", False), ("q=盐边县人民", True), ("q=没有", False),
    ):  # fmt: skip
        assert (letter.number in county.get(f"/letters/?{query}").content.decode()) is there, query
    assert county.get("/letters/?due=never").status_code == 422
    assert letter.number not in as_person("miyi_officer").get("/letters/").content.decode()


def test_a_letters_page_shows_words_list_and_each_ones_buttons(letter, as_person):
    address = f"/letters/{letter.pk}/"
    page = as_person("yanbian_officer").get(address).content.decode()
    assert "问题1个" in page and "1.5000" in page and "/receive/" in page and "/void/" not in page
    page = as_person("city_supervisor").get(address).content.decode()
    assert "/receive/" not in page and "/void/" in page
    assert as_person("miyi_officer").get(address).status_code == 404
    answer = as_person("yanbian_officer").get(f"{address}letter.docx")
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert AccessRecord.objects.filter(action="letter.download").exists()
    assert as_person("miyi_officer").get(f"{address}letter.docx").status_code == 404


def test_a_reply_with_a_bad_file_writes_nothing_and_keeps_the_words(letter, as_person):
    county = as_person("yanbian_officer")
    address = f"/letters/{letter.pk}/reply/"
    facts = {"said": "已逐一核实", "dated": "2026-04-01", "number": "盐边函〔2026〕3号"}
    refused = county.post(address, facts | {"files": SimpleUploadedFile("a.pdf", b"<html>")})
    assert refused.status_code == 422 and "已逐一核实" in refused.content.decode()
    letter.refresh_from_db()
    assert letter.state == "sent" and not letter.replies.exists()
    done = county.post(address, facts | {"files": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n%%EOF")})
    assert done.status_code == 302
    assert Attachment.objects.get().record == f"reply:{letter.replies.get().pk}"
    page = county.get(f"/letters/{letter.pk}/").content.decode()
    assert "已逐一核实" in page and "a.pdf" in page
    assert as_person("city_supervisor").post(f"/letters/{letter.pk}/receive/").status_code == 403
    assert (
        as_person("city_supervisor")
        .post(f"/letters/{letter.pk}/void/", {"reason": "x"})
        .status_code
        == 409
    )


def test_a_letter_is_drafted_changed_and_sent_on_pages(cast, as_person):
    city = as_person("city_supervisor")
    assert "约谈" in city.get("/letters/new/").content.decode()
    address = "/letters/new/talk/"
    facts = {"addressee": "盐边县人民政府", "to_unit": cast["yanbian_officer"].unit_id, "blank_region": "盐边县",
             "blank_facts": "两处采坑逾期未整改\n一处照片不实", "blank_meeting_on": "2026-05-06",
             "blank_meeting_place": "市局三楼"}  # fmt: skip
    refused = city.post(address, facts | {"addressee": "", "blank_meeting_on": "五月"})
    assert refused.status_code == 422 and "两处采坑逾期未整改" in refused.content.decode()
    made = city.post(address, facts)
    page = city.get(made["Location"]).content.decode()
    assert "1. 两处采坑逾期未整改；" in page and "2026年5月6日" in page and "非官方模板" in page
    letter = Letter.objects.get()
    assert as_person("yanbian_officer").get(made["Location"]).status_code == 404  # a draft
    city = as_person("city_supervisor")
    changed = city.post(f"{made['Location']}edit/", facts | {"blank_meeting_place": "市局五楼"})
    assert changed.status_code == 302
    letter.refresh_from_db()
    assert letter.values["meeting_place"] == "市局五楼"
    assert city.post(f"{made['Location']}send/").status_code == 302
    assert city.post(f"{made['Location']}send/").status_code == 409
    assert city.get(f"{made['Location']}edit/").status_code == 409
    assert (
        as_person("yanbian_officer").post("/letters/new/verify/", facts).status_code == 422
    )  # no list
    assert as_person("city_analyst").get("/letters/new/talk/").status_code == 403


def test_an_office_changes_its_words_and_sees_all_faults_and_a_preview(as_person, cast):
    city, address = as_person("city_supervisor"), "/letters/templates/reminder/"
    assert "随平台提供" in city.get("/letters/templates/").content.decode()
    facts = TemplateForm.initial_of(shipped_template("reminder"))
    facts = {k: v for k, v in facts.items() if k in TemplateForm.base_fields}
    facts |= {"source": "本局", "valid_from": "2026-01-01"}
    bad = facts | {"paragraphs": "请{nobody}抓紧。", "title": "", "valid_from": "一月"}
    page = city.post(address, bad).content.decode()
    for words in ("nobody", "缺少标题", "一月", "earlier_number"):
        assert words in page, words
    assert not LetterTemplate.objects.exists()
    preview = city.post(f"{address}preview/", facts).content.decode()
    assert "5104 city" in preview and "抓紧办理" in preview and "我局" in preview
    assert (
        city.post(address, facts | {"paragraphs": facts["paragraphs"] + "\n特此函告。"}).status_code
        == 302
    )
    assert LetterTemplate.objects.get().unit == cast["city_supervisor"].unit
    words = city.post("/letters/templates/", {"word": "攀环函", "valid_from": "2026-01-01"})
    assert words.status_code == 302 and "攀环函" in city.get("/letters/templates/").content.decode()
    for person in ("yanbian_officer", "city_analyst", "city_auditor"):
        assert as_person(person).get(address).status_code == 403
