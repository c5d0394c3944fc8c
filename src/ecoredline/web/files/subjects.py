"""What an attachment may hang on, and who sees that: one registry for every download.

The rooms above are named here by their model and not imported, because they pull from this room.
"""

from django.apps import apps

from ecoredline.web.core.problems import NotFound

MODELS = {  # subject_kind → model whose `visible_to(person)` decides
    "patch": "patches.Patch",
    "clue": "clues.Clue",
    "case": "cases.Case",
    "letter": "letters.Letter",
    "incoming": "letters.IncomingLetter",
    "list": "clues.ListVersion",
    "redline": "redlines.RedlineDelivery",
    "marker": "redlines.Marker",
}
ROOMS = {  # kind of record (`recheck:12`) → the room that checks whether it may be added to
    "verification": "verifications", "approval": "redlines", "patrol": "redlines",
    "reply": "letters", "letter": "letters", "source": "clues", "plan": "cases",
    "progress": "cases", "item": "cases",
    "recheck": "cases", "investigation": "cases", "handover": "cases", "closing": "cases",
    "reopening": "cases", "strike_off": "cases",
}  # fmt: skip


def room_of(record: str) -> str:
    """The room a record belongs to; '' for a record no room knows.

    >>> room_of("recheck:12"), room_of("anything")
    ('cases', '')
    """
    return ROOMS.get(record.split(":")[0], "")


def kind_of(subject) -> str:
    """The kind under which a subject's attachments are kept.

    Raises `KeyError` for a model that no kind names: a programming fault.
    """
    return {label: kind for kind, label in MODELS.items()}[subject._meta.label]


def visible(kind: str, person):
    """The subjects of a kind that the person may see; raises `NotFound` (404.1) for no such kind."""
    if kind not in MODELS:
        raise NotFound()
    return apps.get_model(MODELS[kind]).objects.visible_to(person)


def sees(kind: str, pk: int, person) -> bool:
    """May the person see this subject, and so its attachments?"""
    return kind in MODELS and visible(kind, person).filter(pk=pk).exists()
