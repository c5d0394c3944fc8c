"""Figures of what is over: how long things stood where, how quickly units answer and close.

They cover everything up to the beginning of today, which cannot change any more, so they are
computed once a day for each division and year and kept.
"""

from datetime import datetime, time

from django.db import connection
from django.utils import timezone

from ecoredline.web.board.models import DayFigures
from ecoredline.web.core import clock

STAYS = """
select s.subject_kind, s.state, s.level, count(*),
       percentile_cont(array[0.5, 0.9]) within group
           (order by extract(epoch from s.left_at - s.entered_at) / 86400.0)
from core_stay s
where s.left_at >= %(first)s and s.left_at < %(last)s and s.division_code like %(prefix)s
group by 1, 2, 3
"""
ANSWERS = """
select d.to_unit_id, count(*), percentile_cont(0.5) within group
           (order by extract(epoch from d.ended_at - d.sent_at) / 86400.0),
       count(*) filter (where d.ended_at::date > d.due_on)
from clues_dispatch d join accounts_unit u on u.id = d.to_unit_id
where d.ended_how = 'submitted' and d.ended_at >= %(first)s and d.ended_at < %(last)s
  and u.division_code like %(prefix)s
group by 1
"""
CLOSINGS = """
select h.unit_id, count(*), count(*) filter (where s.state = 'closed' and s.closed_on < %(day)s)
from cases_case s
join (
    select distinct on (subject_id) subject_id, unit_id from core_stay
    where subject_kind = 'case' and state = 'handed_over' and division_code like %(prefix)s
    order by subject_id, id
) h on h.subject_id = s.id
where s.opened_on >= %(first)s::date and s.opened_on < %(last)s::date
  and s.division_code like %(prefix)s
group by 1
"""
HANDED = """
select h.department, count(*), count(a.answered_on),
       percentile_cont(array[0.5, 0.9]) within group (order by a.answered_on - h.sent_on),
       count(*) filter (where a.answered_on is null and h.due_on < %(day)s),
       min(h.due_on) filter (where a.answered_on is null and h.due_on < %(day)s)
from cases_handover h join cases_case s on s.id = h.case_id
cross join lateral (
    select least(h.replied_on, min(r.dated)) as answered_on
    from letters_letterreply r where r.letter_id = h.letter_id
) a
where h.department <> '' and h.sent_on >= %(first)s::date and h.sent_on < %(day)s
  and s.division_code like %(prefix)s
group by 1
"""
INVESTIGATED = """
select i.department, count(*), count(i.decided_on),
       percentile_cont(0.5) within group (order by i.decided_on - i.started_on)
from cases_investigation i join cases_case s on s.id = i.case_id
where i.created_at >= %(first)s and i.created_at < %(last)s and s.division_code like %(prefix)s
group by 1
"""


def bounds(year: int) -> tuple[datetime, datetime]:
    """From the year's beginning to today's, or to the year's end when it is over."""
    zone = timezone.get_current_timezone()
    first = datetime(year, 1, 1, tzinfo=zone)
    today = datetime.combine(clock.today(), time(), tzinfo=zone)
    return first, min(datetime(year + 1, 1, 1, tzinfo=zone), max(first, today))


def rows(cursor, query: str, asked: dict) -> list:
    """What a query gives."""
    cursor.execute(query, asked)
    return cursor.fetchall()


def computed(prefix: str, year: int) -> dict:
    """The figures from the records."""
    first, last = bounds(year)
    asked = {"first": first, "last": last, "day": last.date(), "prefix": f"{prefix}%"}
    with connection.cursor() as cursor:
        stays = rows(cursor, STAYS, asked)
        answers = rows(cursor, ANSWERS, asked)
        closings = rows(cursor, CLOSINGS, asked)
        departments = by_department(cursor, asked)
    return departments | {
        "stays": [
            {"kind": k, "state": s, "level": lv, "count": n, "median": p[0], "high": p[1]}
            for k, s, lv, n, p in stays
        ],
        "answers": [
            {"unit": u, "count": n, "median": m, "late": late} for u, n, m, late in answers
        ],
        "closings": [{"unit": u, "opened": o, "closed": c} for u, o, c in closings],
    }


def by_department(cursor, asked: dict) -> dict:
    """What departments answered and decided."""
    handed, investigated = (rows(cursor, query, asked) for query in (HANDED, INVESTIGATED))
    return {
        "handed": [
            {"department": d, "count": n, "answered": k, "median": p[0] if p else None,
             "high": p[1] if p else None, "late": late,
             "oldest": oldest.isoformat() if oldest else ""}
            for d, n, k, p, late, oldest in handed
        ],
        "investigated": [
            {"department": d, "count": n, "decided": k, "median": m} for d, n, k, m in investigated
        ],
    }  # fmt: skip


def figures(prefix: str, year: int) -> DayFigures:
    """The kept figures of today's morning; made by the first who asks."""
    _first, last = bounds(year)
    day = last.astimezone(timezone.get_current_timezone()).date()
    found = DayFigures.objects.filter(prefix=prefix, year=year, day=day).first()
    if found is None or "handed" not in found.figures:  # kept by an older edition
        DayFigures.objects.filter(prefix=prefix, year=year, day__lte=day).delete()
        found, _made = DayFigures.objects.get_or_create(
            prefix=prefix, year=year, day=day, defaults={"figures": computed(prefix, year)}
        )
    return found
