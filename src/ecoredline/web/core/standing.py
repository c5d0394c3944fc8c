"""Does what stands in the tables agree with the sealed history? State by state, record by record."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection

from ecoredline.web.core.models import Subject


@cache
def checks() -> tuple:
    """Every app's own checks: the `AUDIT` of its `audit.py`, functions that give faults in words."""
    found = []
    for config in apps.get_app_configs():
        name = f"{config.name}.audit"
        if config.name.startswith("ecoredline.") and config.label != "core" and find_spec(name):
            found += import_module(name).AUDIT
    return tuple(found)


def subjects() -> list[type[Subject]]:
    """The models with a lifecycle."""
    return [m for m in apps.get_models() if issubclass(m, Subject) and hasattr(m, "LIFECYCLE")]


def wrong_states() -> Iterator[str]:
    """Subjects whose state is not the one their last transition led to."""
    for model in subjects():
        query = f"""
            select s.id, s.state, coalesce(t."end", %s) from {model._meta.db_table} s
            left join lateral (
                select "end" from core_transition
                where subject_kind = %s and subject_id = s.id order by id desc limit 1
            ) t on true
            where s.state <> coalesce(t."end", %s)
        """
        lifecycle = model.LIFECYCLE
        with connection.cursor() as cursor:
            cursor.execute(query, [lifecycle.first, lifecycle.name, lifecycle.first])
            for key, state, told in cursor:
                yield f"{lifecycle.name} {key}：表中为 {state}，流转记录为 {told}"


def disagreements() -> Iterator[str]:
    """Everything that does not agree, in words."""
    yield from wrong_states()
    for check in checks():
        yield from check()
