"""Reasons of dismissal counted by detector, sensor, season, run and person."""

import csv
import io
from collections import Counter
from datetime import date

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecoredline.web.core.csvs import harmless
from ecoredline.web.core.templatetags.ecoredline import code_label
from ecoredline.web.patches.models import Patch, Run
from ecoredline.web.reviews.models import Review
from ecoredline.web.reviews.rules import reasons

SEASONS = {0: gettext_lazy("冬"), 1: gettext_lazy("春"), 2: gettext_lazy("夏"), 3: gettext_lazy("秋")}  # fmt: skip
BY = {
    "detector": gettext_lazy("检测方法"), "sensor": gettext_lazy("传感器"),
    "season": gettext_lazy("季节"), "run": gettext_lazy("批次"), "person": gettext_lazy("人员"),
}  # fmt: skip


def season(day: date | None) -> str:
    """The season of the later image.

    >>> str(season(None))
    '—'
    """
    return str(SEASONS[day.month % 12 // 3]) if day else "—"


def of_run(run: Run, by: str) -> str:
    """What a run counts under."""
    if by == "detector":
        return run.record.get("parameters", {}).get("detection", {}).get("detector", "") or "—"
    if by == "sensor":
        return (run.after.sensor if run.after else "") or "—"
    return season(run.after_on) if by == "season" else run.name


def counted(person, by: str) -> dict[str, Counter]:
    """Dismissals of what the person may see: column → reason → number; blind ones left out."""
    seen = Patch.objects.visible_to(person).order_by()
    words = Review.objects.filter(verdict="dismiss", is_blind=False, patch__in=seen).order_by()
    found: dict[str, Counter] = {}
    if by == "person":
        rows = words.values_list("person__username", "reason").annotate(n=Count("pk"))
        for name, reason, n in rows:
            found.setdefault(name, Counter())[reason] += n
        return dict(sorted(found.items()))
    rows = list(words.values_list("patch__run", "reason").annotate(n=Count("pk")))
    runs = Run.objects.select_related("after").in_bulk({run for run, _r, _n in rows})
    for run, reason, n in rows:
        found.setdefault(of_run(runs[run], by), Counter())[reason] += n
    return dict(sorted(found.items()))


def table(person, by: str) -> dict:
    """Head and rows of the count, with sums; every reason has its row, counted or not."""
    columns = counted(person, by)
    rows = []
    for code, row in reasons().items():
        numbers = [columns[c][code] for c in columns]
        group = code_label(row["group"], "dismissal_groups")
        label = code_label(code, "dismissal_reasons")
        rows.append({"code": code, "group": group, "label": label, "numbers": numbers,
                     "total": sum(numbers)})  # fmt: skip
    sums = [sum(c.values()) for c in columns.values()]
    return {"columns": list(columns), "rows": rows, "sums": sums, "total": sum(sums)}


def as_csv(person, by: str) -> bytes:
    """The same as a file a spreadsheet opens."""
    found = table(person, by)
    body = io.StringIO()
    out = csv.writer(body)
    out.writerow(
        [_("编码"), _("类别"), _("排除原因"), *map(harmless, map(str, found["columns"])), _("合计")]
    )
    for row in found["rows"]:
        out.writerow([row["code"], row["group"], row["label"], *row["numbers"], row["total"]])
    out.writerow(["", "", _("合计"), *found["sums"], found["total"]])
    return b"\xef\xbb\xbf" + body.getvalue().encode()
