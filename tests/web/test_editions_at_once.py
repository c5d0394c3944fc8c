"""Two people at once: of rule editions and ends of a ledger row one is written, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection

from ecoredline.ledger import books
from ecoredline.web.admissions import rules
from ecoredline.web.admissions.models import RuleEdition
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import MovedMeanwhile
from ecoredline.web.ledgers import actions
from ecoredline.web.ledgers.models import LedgerRow

pytestmark = pytest.mark.django_db
RIGHT = {"kind": "mining", "name": "某采石场", "exit_state": "planned"}


def together(work, times: int = 2) -> list:
    """What each of some threads got, begun at one moment: a result or the problem."""
    barrier = Barrier(times)

    def one(number):
        try:
            barrier.wait(10)
            return work(number)
        except Exception as fault:
            return fault
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.parametrize("before", [0, 1])
def test_of_two_editions_published_at_once_one_is_told(committed, cast, before):
    by, rows = cast["ministry_supervisor"], rules.rows_now()
    changed = [[r | {"zh": f"{r['zh']}{n}"} for r in rows] for n in "abc"]
    if before:
        rules.make_edition(rows=changed[2], by=by, said="先", seen=0)
    found = together(lambda n: rules.make_edition(rows=changed[n], by=by, said="同时", seen=before))
    kinds = sorted(type(f).__name__ for f in found)
    assert kinds == ["MovedMeanwhile", "RuleEdition"], found
    assert RuleEdition.objects.count() == before + 1


def test_a_row_is_ended_once(committed, cast):
    by, book = cast["yanbian_officer"], books()["existing_right"]
    since = clock.today() - timedelta(days=30)
    row = actions.add_row(book, RIGHT, actions.Told("510422", since), by=by)
    days = [since + timedelta(days=5), since + timedelta(days=9)]
    found = together(
        lambda n: actions.end_row(book, str(row.key), by=by, day=days[n], reason="关闭")
    )
    done = [f for f in found if isinstance(f, LedgerRow)]
    assert len(done) == 1 and isinstance(next(f for f in found if f not in done), Exception)
    assert LedgerRow.objects.get(pk=row.pk).valid_to == done[0].valid_to
    assert AccessRecord.objects.filter(action="ledger.end").count() == 1


def test_who_waited_for_the_end_of_a_row_is_told(cast, monkeypatch):
    by, book = cast["yanbian_officer"], books()["existing_right"]
    since = date(2026, 1, 1)
    row = actions.add_row(book, RIGHT, actions.Told("510422", since), by=by)
    seen = actions.open_row(book, by, str(row.key))
    actions.end_row(book, str(row.key), by=by, day=date(2026, 2, 1), reason="关闭")
    monkeypatch.setattr(actions, "open_row", lambda *_: seen)  # read before the other was done
    with pytest.raises(MovedMeanwhile):
        actions.end_row(book, str(row.key), by=by, day=date(2026, 3, 1), reason="关闭")
