"""Files where they do not belong: in other people's records, in drafts, before the wrong eyes."""

import case_story as story
import pytest
import verifying
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ecoredline.web.clues.models import Clue
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import NotAllowed, NotFound
from ecoredline.web.files.actions import attach
from ecoredline.web.files.models import Attachment
from ecoredline.web.files.queries import attachment_for, attachments_of
from ecoredline.web.files.subjects import ROOMS
from ecoredline.web.verifications.actions import add_file, save_draft

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("record", [*(f"{kind}:1" for kind in ROOMS), "closing", "anything"])
def test_a_record_takes_files_only_from_its_own_room(cast, record):
    clue = story.submitted_clue(cast)
    for room in ("", "files", "clues" if ROOMS.get(record.split(":")[0]) != "clues" else "cases"):
        with pytest.raises(NotAllowed):
            attach(
                clue, story.photo(), kind="photo", by=cast["ministry_analyst"], record=record,
                room=room,
            )  # fmt: skip
    with pytest.raises(NotAllowed):
        attach(clue, story.photo(), kind="photo", by=cast["city_supervisor"], purpose="overview")
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["record", "purpose"])
def test_the_api_hangs_files_on_the_subject_alone(cast, units, ask, client, name):
    case = story.closed_case(cast, units)
    kept = Attachment.objects.count()
    said = {"kind": "photo", name: f"recheck:{case.rechecks.get().pk}"}
    for who in ("yanbian_officer", "ministry_analyst", "city_supervisor"):
        at = f"/cases/{case.pk}/attachments"
        assert ask.upload(who, at, said | {"upload": story.photo()}).status_code == 422
    assert Attachment.objects.count() == kept
    made = ask.upload("city_supervisor", at, {"kind": "photo", "upload": story.photo()})
    row = Attachment.objects.get(pk=made.json()["id"])
    assert (row.record, row.purpose) == ("", "")


def test_a_submitted_verification_takes_nothing_more(cast, ask):
    clue = story.submitted_clue(cast)
    said = {"kind": "photo", "record": f"verification:{clue.verifications.get().pk}"}
    found = ask.upload(
        "yanbian_officer", f"/clues/{clue.pk}/attachments", said | {"upload": story.photo()}
    )
    assert found.status_code == 422
    at = f"/clues/{clue.pk}/verification/files"
    found = ask.upload("yanbian_officer", at, {"item": "overview", "upload": story.photo()})
    assert found.status_code == 404
    assert not Attachment.objects.exists()


def test_a_draft_is_its_own_units(cast, as_person):
    clue = verifying.send_down(cast)
    county, city = cast["yanbian_officer"], cast["city_supervisor"]
    draft = save_draft(clue=clue, by=county, found="未报")
    row = add_file(draft, story.photo("未报.jpg"), item="overview", by=county)
    assert list(attachments_of(clue, person=county)) == [row]
    assert attachment_for(county, row.pk) == row
    assert not attachments_of(clue, person=city).exists()
    with pytest.raises(NotFound):
        attachment_for(city, row.pk)
    page = as_person("city_supervisor").get(f"/clues/{clue.pk}/").content.decode()
    assert "未报.jpg" not in page


def petition(client, **changed):
    """A petition raised on the page, with its letter."""
    paper = SimpleUploadedFile("举报信.pdf", b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n")
    said = {
        "source": "petition", "source_detail": "信访1号", "found_on": "2026-03-01",
        "division_code": "510422", "priority": "must", "paper": paper, "is_sensitive": "on",
    } | changed  # fmt: skip
    assert client.post("/clues/raise/", said).status_code == 302
    return Clue.objects.latest("pk")


def test_a_petition_is_for_the_owner_and_above(cast, units, as_person):
    clue = petition(as_person("city_supervisor"))
    row = Attachment.objects.get()
    assert (row.is_sensitive, row.purpose) == (True, "source")
    Clue.objects.filter(pk=clue.pk).update(holder=units["510422"], state="dispatched")
    county = as_person("yanbian_officer")
    page = county.get(f"/clues/{clue.pk}/")
    assert page.status_code == 200
    assert "举报信" not in page.content.decode()
    assert county.get(reverse("attachment", args=[row.pk])).status_code == 404
    assert not AccessRecord.objects.filter(action="file.open").exists()
    for who in ("city_supervisor", "province_supervisor"):
        client = as_person(who)
        assert "举报信" in client.get(f"/clues/{clue.pk}/").content.decode()
        assert client.get(reverse("attachment", args=[row.pk])).status_code == 200
    opened = AccessRecord.objects.filter(action="file.open", detail__file=row.pk)
    assert opened.count() == 2


def test_the_box_decides_on_the_forms(cast, as_person):
    clue = petition(as_person("city_supervisor"), is_sensitive="")
    assert not Attachment.objects.get().is_sensitive
    client = as_person("city_supervisor")
    upload = {"kind": "photo", "file": story.photo(), "caption": "内部", "is_sensitive": "1"}
    assert client.post(f"/clues/{clue.pk}/files/", upload).status_code == 302
    assert Attachment.objects.latest("pk").is_sensitive
    assert not attachments_of(clue, person=cast["yanbian_officer"]).filter(caption="内部").exists()
