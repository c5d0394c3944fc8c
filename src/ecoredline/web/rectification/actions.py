"""Rectification: plan, progress, items with evidence, asking for closing, rechecks on site."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.cases.checks import Faults
from ecoredline.web.cases.models import Case
from ecoredline.web.cases.photos import keep
from ecoredline.web.core import clock
from ecoredline.web.core.moves import lock, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.rectification.checking import recheck, resent, send_back
from ecoredline.web.rectification.kinds import kind_row, proposed_items
from ecoredline.web.rectification.models import Progress, RectificationItem, RectificationPlan
from ecoredline.web.rectification.queries import newest_plan, open_items

__all__ = [
    "add_progress", "cancel_item", "extend_item", "finish_item", "make_plan", "proposed_items",
    "recheck", "request_closing", "revise_plan", "send_back",
]  # fmt: skip

State = RectificationItem.State


@transaction.atomic
def make_plan(
    case: Case, *, by, goal, responsible, due_on, items, reason: str = "", files=(),
    seen: int | None = None,
) -> RectificationPlan:  # fmt: skip
    """The rectification plan; a plan while one is in force is its revision, with the next number.

    `items` are dicts: kind, title, owner_name, due_on, condition (blank: the kind's own). The old
    plan stays; its open items are cancelled with the revision's `reason`. Raises `BadForm` (422.4).
    """
    row = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    old = newest_plan(row)
    step = "revise_plan" if row.state == "rectifying" else "plan"
    require(by, f"case.{step}", row)
    faults = Faults()
    plan = RectificationPlan(
        case=case, by=by, cycle=row.reopened_count, number=old.number + 1 if old else 1,
        goal=faults.need(_("整改目标"), goal), responsible=faults.need(_("责任单位"), responsible),
        due_on=faults.due(_("完成期限"), due_on), created_at=clock.now(),
        reason=faults.need(_("修订理由"), reason) if step == "revise_plan" else "",
    )  # fmt: skip
    found = [checked_item(n, item, plan.due_on, faults) for n, item in enumerate(items, 1)]
    if not found:
        faults.add(_("整改措施"), _("至少一项"))
    faults.stop()
    dropped = list(open_items(case))
    plan.save()
    for item in found:
        item.plan = plan
    RectificationItem.objects.bulk_create(found)
    for item in dropped:
        end_item(item, State.CANCELLED, _("由第{number}版方案取代").format(number=plan.number))
    keep(case, files, by=by, record=f"plan:{plan.pk}", kind="document")
    details = {
        "record": f"plan:{plan.pk}", "number": plan.number, "items": [i.title for i in found],
        "dropped": [i.title for i in dropped], "due_on": str(plan.due_on),
    }  # fmt: skip
    move(case, step, by=by, seen=seen, reason=plan.reason or plan.goal, details=details)
    return plan


def revise_plan(case: Case, **facts) -> RectificationPlan:
    """A new version of the plan; the same as `make_plan` with a `reason`."""
    return make_plan(case, **facts)


def checked_item(number: int, item: dict, plan_due, faults: Faults) -> RectificationItem:
    """One item of a form; its faults are named by its place in the list."""
    name = _("第{n}项").format(n=number)
    kind = faults.code(f"{name} {_('措施类型')}", "rectification_kinds", item.get("kind"))
    row = kind_row(kind)
    due = faults.due(f"{name} {_('期限')}", item.get("due_on"))
    if due and plan_due and due > plan_due:
        faults.add(
            f"{name} {_('期限')}", _("{day} 晚于方案完成期限 {last}").format(day=due, last=plan_due)
        )
    condition = str(item.get("condition") or "").strip() or row.get("condition_zh", "")
    return RectificationItem(
        kind=kind, title=str(item.get("title") or "").strip() or row.get("zh", ""),
        owner_name=faults.need(f"{name} {_('责任人/单位')}", item.get("owner_name")), due_on=due,
        condition=faults.need(f"{name} {_('验收条件')}", condition),
    )  # fmt: skip


@transaction.atomic
def add_progress(
    case: Case, *, by, said, on=None, percent=None, item=None, photos=(), documents=(),
    client_key: str = "", seen: int | None = None,
) -> Progress:  # fmt: skip
    """A dated word on how far it is, of one item or of all; never changed afterwards.

    `client_key` makes a resend harmless: what was kept under it with the same words is given back;
    other words are a record of their own.
    """
    Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    sent = resent(case.progress, by, client_key)
    if sent and sent.said == str(said).strip():
        return sent
    faults = Faults()
    share = faults.number(_("进度（%）"), percent, highest=100)
    row = Progress(
        case=case, item=own_item(case, item, faults), by=by, created_at=clock.now(),
        on=faults.day(_("日期"), on or clock.today(), past=True),
        said=faults.need(_("进展"), said), percent=None if share is None else int(share),
        client_key="" if sent else client_key,
    )  # fmt: skip
    faults.stop()
    row.save()
    keep(case, photos, by=by, record=f"progress:{row.pk}", kind="photo")
    keep(case, documents, by=by, record=f"progress:{row.pk}", kind="document")
    details = {
        "record": f"progress:{row.pk}", "item": row.item.title if row.item else "",
        "percent": row.percent, "on": str(row.on),
    }  # fmt: skip
    move(case, "progress", by=by, reason=row.said, seen=seen, details=details)
    return row


def own_item(case: Case, item, faults: Faults) -> RectificationItem | None:
    """The item, when it is one of the plan in force."""
    plan = newest_plan(case)
    if item is not None and (plan is None or item.plan_id != plan.pk):
        faults.add(_("整改措施"), _("不属于现行整改方案"))
    return item


def locked_item(item: RectificationItem, seen: int | None) -> tuple[RectificationItem, Case]:
    """The item and its case, the case locked first as everywhere."""
    case = item.plan.case
    case.refresh_from_db()
    lock(case, seen=seen)
    return RectificationItem.objects.select_for_update(of=("self",)).get(pk=item.pk), case


@transaction.atomic
def finish_item(
    item: RectificationItem, *, by, said: str = "", done_on=None, photos=(), documents=(),
    seen: int | None = None,
) -> RectificationItem:  # fmt: skip
    """The item is done, with the evidence its kind asks for (`codes/rectification_kinds`).

    Evidence may hang on the item already or on its progress. Raises `BadForm` (422.4).
    """
    row, case, faults = *locked_item(item, seen), Faults()
    require(by, "case.finish_item", case)
    if row.state != State.OPEN:
        raise BadForm(
            _("{item}：已是“{state}”").format(item=row.title, state=row.get_state_display())
        )
    own_item(case, row, faults)
    day = faults.day(_("完成日期"), done_on or clock.today(), past=True)
    record = f"item:{row.pk}"
    keep(case, photos, by=by, record=record, kind="photo")
    keep(case, documents, by=by, record=record, kind="document")
    for kind in missing_evidence(row):
        faults.add(row.title, _("缺少证明材料：{kind}").format(kind=kind))
    faults.stop()
    row.done_on = day
    end_item(row, State.DONE, said.strip())
    details = {"record": record, "item": row.title, "done_on": str(day)}
    move(case, "finish_item", by=by, seen=seen, reason=said.strip() or row.title, details=details)
    return row


def missing_evidence(item: RectificationItem) -> list[str]:
    """The kinds of evidence that are asked for and that nobody has given yet."""
    names = {"photo": _("照片"), "document": _("文件")}
    wanted = [k for k in kind_row(item.kind).get("evidence", "").split(";") if k]
    records = [
        f"item:{item.pk}",
        *(f"progress:{pk}" for pk in item.progress.values_list("pk", flat=True)),
    ]
    given = attachments_of(item.plan.case).filter(record__in=records)
    kinds = set(given.values_list("kind", flat=True))
    return [names[kind] for kind in wanted if kind not in kinds]


def end_item(item: RectificationItem, state: str, note: str = "") -> None:
    """Write the item's new state; what it says of itself never changes."""
    item.state = state
    item.note = "；".join(t for t in (item.note, note) if t)
    item.save(update_fields=["state", "note", "done_on", "accepted_by"])


@transaction.atomic
def cancel_item(item: RectificationItem, *, by, reason: str, seen: int | None = None):
    """The owner says that an item need not be done, and why."""
    row, case, faults = *locked_item(item, seen), Faults()
    why = faults.need(_("取消理由"), reason)
    if row.state not in (State.OPEN, State.DONE):
        faults.add(row.title, _("已是“{state}”").format(state=row.get_state_display()))
    faults.stop()
    end_item(row, State.CANCELLED, why)
    details = {"record": f"item:{row.pk}", "item": row.title}
    move(case, "cancel_item", by=by, reason=why, seen=seen, details=details)
    return row


@transaction.atomic
def extend_item(item: RectificationItem, *, due_on, by, reason: str, seen: int | None = None):
    """A later due date for one item; the case's own moves along when the item passes it."""
    row, case, faults = *locked_item(item, seen), Faults()
    due, why = faults.due(_("新期限"), due_on), faults.need(_("延期理由"), reason)
    if due and due <= row.due_on:
        faults.add(_("新期限"), _("应晚于原期限 {day}").format(day=row.due_on))
    faults.stop()
    details = {"record": f"item:{row.pk}", "item": row.title, "due_on": [str(row.due_on), str(due)]}
    row.due_on = due
    row.save(update_fields=["due_on"])
    later = {"due_on": due} if case.due_on is None or due > case.due_on else {}
    move(case, "extend", by=by, reason=why, seen=seen, details=details, **later)
    return row


@transaction.atomic
def request_closing(case: Case, *, by, said: str = "", seen: int | None = None) -> Case:
    """Ask the owner to recheck and close. Raises `Blocked` (409.6) while any item is open."""
    require(by, "case.request_closing", case)
    row = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    plan = newest_plan(row)
    if plan is None or plan.cycle != row.reopened_count:
        raise Blocked(_("重新立案后尚未制定新的整改方案") if plan else _("尚未制定整改方案"))
    refuse_open(row)
    details = {"record": f"plan:{plan.pk}", "from_unit": row.holder.name}
    move(
        case, "request_closing", by=by, reason=said.strip(), seen=seen, details=details,
        holder=row.owner,
    )  # fmt: skip
    return case


def refuse_open(case: Case) -> None:
    """Raise `Blocked` (409.6) with every item that is still open."""
    items = list(open_items(case))
    if items:
        raise Blocked(
            *(_("{item}（期限 {day}，{owner}）").format(item=i.title, day=i.due_on, owner=i.owner_name)
              for i in items)
        )  # fmt: skip
