"""Ledgers on the one map as they hold today: water sources, farmland, mining and other rights by exit
state, monitoring stations, restoration, patrols, markers; species only for who works on them.
"""

from functools import partial

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_daily
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.ledgers.models import MappedMarker, MappedRow
from ecoredline.web.ledgers.queries import held_on
from ecoredline.web.maps.registry import MapLayer

LEDGERS = _("台账")
COLUMNS = ("id", "name", "kind", "state", "county")
APART = ("water_source", "farmland", "mining")  # kinds of rights with layers of their own
SENSITIVE = "sensitive.open"


def word_of(name: str, code: str) -> str:
    """A code's label in the page's language."""
    return code_list(name)[code][language()]


def words(name: str) -> dict:
    """A code list as states of a layer."""
    return {code: lazy(word_of, str)(name, code) for code in code_list(name)}


def held(book: str, person):
    """The rows of a book that hold today, in the person's divisions."""
    return MappedRow.objects.visible_to(person).filter(held_on(clock.today()), book=book)


def rights(kind: str, person):
    """Existing rights of a kind; blank: of those without a layer of their own."""
    found = held("existing_right", person)
    return found.filter(kind=kind) if kind else found.exclude(kind__in=APART)


def species(person):
    """Species records: sensitive, so that opening them is noted, once a day and person."""
    note_daily(SENSITIVE, "map species", by=person)
    return held("species_occurrence", person)


def layer(name: str, label, rows, states: dict, **more) -> MapLayer:
    """A layer of ledger rows."""
    facts = {"permission": "ledger.view", "points": True, "group": LEDGERS} | more
    page = facts.pop("page", "ledger_row_by_pk")
    return MapLayer(name, label, rows, COLUMNS, "name", page, states, **facts)


EXITS, UNGRADED = words("exit_states"), {"unknown": _("级别不明"), "gone": _("已退出")}
HELD = {"held": _("现行")}
LAYERS = [
    layer("water", _("饮用水水源地"), partial(rights, "water_source"), words("water_grades") | UNGRADED),
    layer("farmland", _("永久基本农田"), partial(rights, "farmland"), EXITS),
    layer("mining", _("矿业权"), partial(rights, "mining"), EXITS),
    layer("rights", _("其他既有权益"), partial(rights, ""), EXITS),
    layer("stations", _("监测点位"), partial(held, "monitor_station"), words("station_kinds")),
    layer("restoration", _("生态修复工程"), partial(held, "restoration"), HELD),
    layer("patrols", _("巡护路线"), partial(held, "patrol"), HELD),
    layer("markers", _("界桩与标识牌"), MappedMarker.objects.visible_to, words("marker_states"),
          permission="redline.view", page="marker"),
    layer("species", _("物种记录"), species, HELD, permission="ledger.guarded", is_sensitive=True),
]  # fmt: skip
