"""Letters from outside: read where the layout is ours, entered once with their paper, answered once."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document

from ecoredline.documents.letter import LetterParties, letter_document, shipped_template
from ecoredline.documents.readback.letters import read_letter
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm, NotAllowed, NotFound, StepNotAllowed
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.letters.incoming import answer_incoming, register_letter
from ecoredline.web.letters.models import IncomingLetter

pytestmark = pytest.mark.django_db
PARTIES = LetterParties(
    addressee="盐边县人民政府", sender="某省生态环境厅", number="川环函〔2026〕12号", mark="某省生态环境厅",
    dated="2026-03-02", reply_by="2026-03-31", contact="张三 028-0000000",
)  # fmt: skip


def paper(kind="annex-3") -> bytes:
    body = io.BytesIO()
    letter_document(shipped_template(kind), PARTIES, {"count": "2", "area": "1.3350"}).save(body)
    return body.getvalue()


@pytest.fixture
def facts(cast):
    return {
        "by": cast["yanbian_officer"], "number": "川自然资函〔2026〕8号", "title": "关于核实的函",
        "sender": "某省自然资源厅", "dated": clock.today() - timedelta(days=9),
        "reply_by": clock.today() - timedelta(days=1),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["annex-3", "annex-5"])
def test_a_letter_of_our_layout_is_read_back(kind):
    found = read_letter(paper(kind))
    assert found.is_known and found.number == PARTIES.number and found.dated == date(2026, 3, 2)
    assert (found.addressee, found.sender) == (PARTIES.addressee, PARTIES.sender)
    assert found.title == "".join(shipped_template(kind).title)
    assert (found.count, str(found.area_ha)) == (2, "1.3350")
    assert found.reply_by == (date(2026, 3, 31) if kind == "annex-3" else None)


def test_another_layout_is_not_guessed():
    strange, body = Document(), io.BytesIO()
    strange.add_paragraph("请于2026年3月31日前反馈，问题3个，面积1公顷")
    strange.save(body)
    assert not read_letter(body.getvalue()).is_known and read_letter(body.getvalue()).count is None


def test_it_is_entered_once_with_its_paper_and_answered_once(facts, cast):
    scan = SimpleUploadedFile("来文.pdf", b"%PDF-1.7\n1 0 obj\n%%EOF\n")
    made = register_letter(files=[scan], **facts)
    assert made.is_overdue and attachments_of(made).get().name == "来文.pdf"
    with pytest.raises(BadForm, match="已登记"):
        register_letter(**facts)
    with pytest.raises(BadForm) as refused:
        register_letter(**facts | {"number": " ", "sender": "", "dated": None, "kind": "?"})
    assert len(refused.value.details) == 4 and IncomingLetter.objects.count() == 1
    for who in ("city_analyst", "city_auditor"):
        with pytest.raises(NotAllowed):
            register_letter(**facts | {"by": cast[who], "number": "x"})
    answer = {"number": "盐环函〔2026〕1号", "dated": clock.today()}
    with pytest.raises(NotFound):
        answer_incoming(made, by=cast["miyi_officer"], **answer)
    with pytest.raises(BadForm):
        answer_incoming(made, by=facts["by"], number="", dated=made.dated - timedelta(days=1))
    assert not answer_incoming(made, by=facts["by"], **answer).is_overdue
    with pytest.raises(StepNotAllowed):
        answer_incoming(made, by=facts["by"], **answer)


def test_the_page_reads_the_file_fills_the_form_and_enters_it(as_person):
    client, address = as_person("yanbian_officer"), reverse("incoming_new")
    with clock.standing_at(clock.now().replace(year=2026, month=4, day=1)):
        page = client.post(address, {"read": "1", "file": SimpleUploadedFile("函.docx", paper())})
        form = page.context["form"]
        assert page.status_code == 200 and form["number"].value() == PARTIES.number
        sent = {n: form[n].value() or "" for n in form.fields if n != "file"}
        sent |= {"received_on": "2026-03-05", "file": SimpleUploadedFile("函.docx", paper())}
        assert client.post(address, sent).status_code == 302
        made = IncomingLetter.objects.get()
        assert (made.count, made.reply_by, attachments_of(made).count()) == (
            2,
            date(2026, 3, 31),
            1,
        )
        assert PARTIES.number in client.get(reverse("incoming_list")).content.decode()
        page = client.get(reverse("incoming_letter", args=[made.pk]))
        assert page.status_code == 200 and "登记回复" in page.content.decode()
    assert (
        as_person("miyi_officer").get(reverse("incoming_letter", args=[made.pk])).status_code == 404
    )
    assert (
        as_person("city_supervisor").get(reverse("incoming_letter", args=[made.pk])).status_code
        == 200
    )
