"""照片索引: every photograph of a case and of its clues has a number that stays."""

from django.db.models import Max, Q

from ecoredline.web.cases.models import Case, CasePhoto
from ecoredline.web.files import actions as files
from ecoredline.web.files.models import Attachment


def keep(case: Case, uploads, *, by, record: str, kind: str = "photo", **said) -> list[Attachment]:
    """Hang files on a record of the case (inside the caller's transaction) and number the photos."""
    found = [
        files.attach(case, u, kind=kind, by=by, record=record, room="cases", **said)
        for u in uploads
        if u
    ]
    number_photos(case)
    return found


def number_photos(case: Case) -> None:
    """Give the photographs that have none the next numbers; the others keep theirs.

    The case is locked first: two people adding photographs at once get numbers one after the other.
    """
    Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    clues = list(case.clues.values_list("pk", flat=True))
    mine = Q(subject_kind="case", subject_id=case.pk)
    theirs = Q(subject_kind="clue", subject_id__in=clues)
    known = case.photos.values("attachment")
    new = Attachment.objects.filter(mine | theirs, kind=Attachment.Kind.PHOTO).exclude(pk__in=known)
    keys = list(new.order_by("pk").values_list("pk", flat=True))
    last = (case.photos.aggregate(last=Max("number"))["last"] or 0) if keys else 0
    CasePhoto.objects.bulk_create(
        CasePhoto(case=case, number=last + n, attachment_id=key) for n, key in enumerate(keys, 1)
    )


def index_text(numbers) -> str:
    """Numbers as annex 4 prints them, runs joined.

    >>> index_text([1, 2, 3, 5])
    'P001—P003、P005'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = (f"P{r[0]:03d}" if len(r) == 1 else f"P{r[0]:03d}—P{r[-1]:03d}" for r in runs)
    return "、".join(said)
