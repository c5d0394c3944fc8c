"""What the pages of verification show: checklist lines with their files, rounds, choices, the map."""

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.geodesy import bearing_zh
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.files.previews import has_preview
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.features import COORDINATE_DECIMALS
from ecoredline.web.patches.queries import runs_for
from ecoredline.web.verifications.missing import files_of, lacks
from ecoredline.web.verifications.models import Verification
from ecoredline.web.verifications.positions import place_of
from ecoredline.web.verifications.terms import check_items

UNCHECKED_TAGS = ("M", "S")  # what nobody has compared with the original


def file_row(file, clue) -> dict:
    """A photograph or document with where and whence it was taken, in words."""
    place = place_of(file.position, clue, clock.today())
    return {
        "file": file, "has_preview": has_preview(file), "place": place.code,
        "place_words": place_words(place), "bearing_words": bearing_words(file.bearing),
    }  # fmt: skip


def place_words(place) -> str:
    """`Place` in words."""
    if place.code == "inside":
        return _("范围内")
    if place.metres is None:
        return _("位置未知")
    return _("范围外%(metres)d米") % {"metres": round(place.metres)}


def bearing_words(bearing) -> str:
    """A direction with its degrees."""
    if bearing is None:
        return _("方位未知")
    if language() == "en":
        return f"{bearing:.0f}°"
    return f"{bearing_zh(bearing)} {bearing:.0f}°"


def item_rows(clue, draft, answers: dict | None = None) -> list[dict]:
    """Every line of the checklist with what it has and lacks; `asked` tells whether it now applies.

    `answers` are what was typed, before those of the draft.
    """
    day, draft = clock.today(), draft or Verification(clue=clue)
    files = list(files_of(draft)) if draft.pk else []
    activity = draft.activity_type or clue.activity_type
    answers = draft.checklist if answers is None else answers
    return [item_row(item, draft, files, activity, answers, day) for item in check_items(day)]


def item_row(item, draft, files, activity: str, answers: dict, day) -> dict:
    """One line of the checklist."""
    own = [file for file in files if file.purpose == item.code]
    return {
        "item": item,
        "files": [file_row(file, draft.clue) for file in own],
        "lacks": [str(words) for words in lacks(item, own, draft, day)]
        if item.kind != "answer"
        else [],
        "answer": answers.get(item.code, ""),
        "asked": item.fits(method=draft.kind, activity=activity, verdict=draft.verdict),
        "methods": " ".join(item.methods),
        "activities": " ".join(item.activities),
        "verdicts": " ".join(item.verdicts),
    }


def shown(verification) -> dict:
    """A submitted round: its fields in words, approvals, answers, files, judgements."""
    items = {item.code: item for item in check_items(clock.today())}
    files = [file_row(file, verification.clue) for file in files_of(verification)]
    for row in files:
        item = items.get(row["file"].purpose)
        row["item"] = item.label if item else row["file"].purpose
    answers = [
        (items[code].label if code in items else code, said == "yes")
        for code, said in verification.checklist.items()
    ]
    return {
        "row": verification, "files": files, "answers": answers,
        "problems": problem_words(verification.problem_type),
        "approvals": list(verification.approvals.all()),
        "judgements": list(verification.judgements.all()),
    }  # fmt: skip


def problem_words(codes: str) -> str:
    """Problem types in words."""
    known = code_list("problem_types")
    return "、".join(known[c][language()] if c in known else c for c in codes.split(";") if c)


def choices() -> dict:
    """What the form's fields can be set to, in the page's language."""
    tongue = language()

    def pairs(name, column=tongue):
        return [(code, row[column]) for code, row in code_list(name).items()]

    return {
        "verdicts": Verification.Verdict.choices,
        "kinds": Verification.Kind.choices,
        "activities": pairs("activity_types"),
        "problems": pairs("problem_types"),
        "land_classes": [label for _code, label in pairs("land_classes")],
        "permitted": [
            (code, row[tongue], row["confidence"] in UNCHECKED_TAGS)
            for code, row in code_list("permitted_categories").items()
        ],
    }


def approval_rows(draft, typed: dict | None = None) -> list[dict]:
    """One row for each kind of approval, as typed or as kept."""
    kept = {a.kind: a for a in draft.approvals.all()} if draft and draft.pk else {}
    found = []
    for code, kind in code_list("approval_kinds").items():
        row = {"code": code, "label": kind[language()], "needed": bool(kind["needed"])}
        if typed is not None:
            row |= typed.get(code, {})
        elif own := kept.get(code):
            dated = own.dated.isoformat() if own.dated else ""
            row |= {
                "has": "yes" if own.has else "no",
                "number": own.number,
                "issuer": own.issuer,
                "dated": dated,
            }
        found.append(row)
    return found


def map_of(person, clue, files=()) -> dict:
    """What the map's script needs: the newest run behind the clue, its outline, where photographs were taken."""
    link = clue.links.select_related("patch").order_by("-pk").first()
    run = runs_for(person).filter(pk=link.patch.run_id).first() if link else None
    outline = Clue.objects.filter(pk=clue.pk, geom__isnull=False)
    drawn = outline.annotate(drawn=AsGeoJSON("geom", precision=COORDINATE_DECIMALS)).values_list(
        "drawn", flat=True
    )
    return map_config(person, run) | {
        "outline": drawn.first(),
        "point": None if clue.lon is None else [clue.lon, clue.lat],
        "photographs": [
            [f.position.x, f.position.y, f.bearing] for f in files if f.position is not None
        ],
    }
