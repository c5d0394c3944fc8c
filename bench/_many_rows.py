"""A platform full of work: three provinces, years of patches, clues and cases, by set-based SQL.

All constraints hold. The triggers that seal history are off while it is written; then every row is
sealed in one pass, with the same hashes the triggers would have made.
"""

import hashlib
import json
from datetime import date

from django.db import connection, models

PROVINCES = ("51", "52", "53")
CITIES, COUNTIES = 4, 8  # of a province, of a city
MOST_OF_A_RUN = 5_000  # suspected patches of the first run: annex 1's length
CLUE_STEPS = (
    "raise", "list", "dispatch", "receive", "pass_down", "remind", "submit", "endorse",
    "spot_check", "send_back", "submit", "confirm",
)  # fmt: skip
CASE_STEPS = (
    "open", "describe", "hand_over", "investigate", "plan", *["progress"] * 12, "finish_item",
    "extend", "remind", "measure", "progress", "request_closing", "recheck", "send_back",
    "progress", "request_closing", "recheck", "close", "reopen",
)  # fmt: skip
PATCH_STEPS = ("accept", "return", "accept", "release")
CLUE_STATES = ("raised", "listed", "dispatched", "dispatched", "submitted", "confirmed", "confirmed", "cleared")  # fmt: skip
CASE_STATES = ("opened", "handed_over", "rectifying", "rectifying", "rechecking", "closed", "closed", "closed")  # fmt: skip
PATCH_STATES = ("screened", "screened", "accepted", "released", "raised", "dismissed", "dismissed", "dismissed")  # fmt: skip
UNSEALED = ("core_transition", "core_accessrecord", "core_seal")
BATCH = 50_000


def literal(value) -> str:
    """A value as SQL."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | dict):
        value = json.dumps(value)
    return "'" + str(value).replace("'", "''") + "'"


def otherwise(field) -> str:
    """What a column holds that nobody names: its default, NULL, or nothing."""
    if field.has_default() and "Array" not in type(field).__name__:
        value = field.get_default()
        return "now()" if hasattr(value, "hour") else literal(value)
    if "Array" in type(field).__name__:
        return "'{}'"
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return "now()"
    return "null" if field.null else "''"


def insert(model, rows: str, /, **columns: str) -> None:
    """Insert rows by SQL; what is not named gets the model's own default."""
    found = {}
    for field in model._meta.concrete_fields:
        if field.column in columns or not isinstance(field, models.AutoField):
            found[field.column] = columns.pop(field.column, None) or otherwise(field)
    assert not columns, f"{model.__name__} has no {', '.join(columns)}"
    names = ", ".join(f'"{name}"' for name in found)
    run(f"insert into {model._meta.db_table} ({names}) select {', '.join(found.values())} {rows}")


def run(text: str, asked=None) -> None:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(text, asked)


def pick(values, number: str) -> str:
    """One of several values, by a number."""
    listed = ", ".join(f"'{v}'" for v in values)
    return f"(array[{listed}])[1 + ({number}) % {len(values)}]"


def people() -> list:
    """A unit and a person for each division; gives the people."""
    from ecoredline.web.accounts.models import Person, Unit

    found = []

    def unit(level, code, parent):
        made = Unit.objects.create(level=level, division_code=code, name=f"{code} {level}", parent=parent)  # fmt: skip
        role = "officer" if level == "county" else "supervisor"
        person = Person(username=f"{role}-{code or 'top'}", unit=made, role=role)
        person.set_unusable_password()
        person.save()
        found.append(person)
        return made

    top = unit("ministry", "", None)
    for province in PROVINCES:
        above = unit("province", province, top)
        for c in range(1, CITIES + 1):
            city = unit("city", f"{province}{c:02d}", above)
            for k in range(1, COUNTIES + 1):
                unit("county", f"{city.division_code}{k:02d}", city)
    return found


def places() -> None:
    """A table of counties with their units and a place on the map."""
    run("""
        create table bench_place as
        select row_number() over (order by c.division_code) - 1 as at, c.division_code as code,
               c.id as county, c.parent_id as city, p.person as person,
               100 + (row_number() over (order by c.division_code) % 12) * 0.5 as lon,
               25 + (row_number() over (order by c.division_code) / 12) * 0.5 as lat,
               array[left(c.division_code, 2), left(c.division_code, 4), c.division_code] as codes
        from accounts_unit c
        join lateral (select id as person from accounts_person where unit_id = c.parent_id) p on true
        where c.level = 'county'
    """)
    run("create unique index on bench_place (at)")
    run("analyze bench_place")


def count_places() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from bench_place")
        return cursor.fetchone()[0]


def seed_runs(count: int) -> None:
    """Runs over two years, each with what it saw of every county."""
    from ecoredline.web.patches.models import Run

    with connection.cursor() as cursor:
        cursor.execute("select code from bench_place order by at")
        codes = [row[0] for row in cursor.fetchall()]
    coverage = [
        {"code": c, "name": c, "redline_ha": 60_000.0, "outside_image_ha": 1000.0,
         "unseen_ha": 2000.0, "unseen_share": 0.03} for c in codes
    ]  # fmt: skip
    this = date.today().year
    for n in range(count):
        Run.objects.create(
            name=f"run {n}", folder=f"/bench/{n}", record_sha256=hashlib.sha256(b"%d" % n).hexdigest(),
            record={"coverage": coverage, "outputs": {}, "warnings": [], "parameters": {}},
            is_demo=False, after_on=date(this - n % 2, 1 + n % 12, 5),
            scope_codes=sorted({c[:k] for c in codes for k in (2, 4, 6)}), county_codes=codes,
        )  # fmt: skip


def box(lon: str, lat: str) -> str:
    """A small square as SQL."""
    return f"ST_Multi(ST_MakeEnvelope({lon}, {lat}, {lon} + 0.001, {lat} + 0.001, 4490))"


def seed_patches(count: int, runs: int) -> None:
    """Patches spread over runs and counties; the first run holds annex 1's 5,000."""
    from ecoredline.web.patches.models import Patch

    lon, lat = "(p.lon + (g % 400) * 0.001)", "(p.lat + (g / 400 % 400) * 0.001)"
    of_run = f"(select id from patches_run order by id offset (case when g < {MOST_OF_A_RUN} then 0 else 1 + g % {runs - 1} end) limit 1)"  # fmt: skip
    run(
        "create table bench_run as select id, row_number() over (order by id) - 1 as at from patches_run"
    )
    of_run = "r.id"
    insert(
        Patch,
        f"""from generate_series(0, {count - 1}) g
            join bench_place p on p.at = g % {count_places()}
            join bench_run r on r.at = case when g < {MOST_OF_A_RUN} then 0 else 1 + g % {runs - 1} end""",
        run_id=of_run, patch_id="p.code || '-' || lpad(g::text, 7, '0')", channel="'suspected'",
        division_code="p.code", county="p.code", province="left(p.code, 2)", lon=lon, lat=lat,
        area_ha="1 + g % 50", redline_area_ha="0.5 + g % 40", activity_type="(1 + g % 6)::text",
        problem_type="'vegetation'", confidence="(g % 100) / 100.0", scope_codes="p.codes",
        state=pick(PATCH_STATES, "g"), geom=box(lon, lat), before_on="date '2025-01-05'",
        after_on="date '2026-01-05'", control_zone="case when g % 5 = 0 then 'core' else 'general' end",
    )  # fmt: skip


def seed_subjects(model, count: int, states, who: str, **more: str) -> None:
    """Clues or cases: owned by the city, held by city or county as their state has it."""
    state = pick(states, "(g / 7)")
    held = "case when (g / 7) % 8 in (2, 3, 6) then p.county else p.city end"
    lon, lat = "(p.lon + (g % 400) * 0.001)", "(p.lat + (g / 400 % 400) * 0.001)"
    insert(
        model,
        f"from generate_series(1, {count}) g join bench_place p on p.at = g % {count_places()}",
        id="g", number=f"'{model.__name__[0]}-' || lpad(g::text, 7, '0')", state=state,
        year="extract(year from now())::int - g % 2", owner_id="p.city", holder_id=held,
        division_code="p.code", county="p.code", scope_codes="p.codes", lon=lon, lat=lat,
        geom=box(lon, lat), area_ha="1 + g % 50", redline_area_ha="0.5 + g % 40",
        activity_type="(1 + g % 6)::text", due_on="current_date + (g * 7919 % 60)::int - 30",
        entered_at="now() - make_interval(hours => (g * 7919 % 17000)::int)",
        **{who: "p.person"}, **more,
    )  # fmt: skip
    table = model._meta.db_table
    run(f"select setval(pg_get_serial_sequence('{table}', 'id'), {count})")


def seed_history(kind: str, table: str, steps, *, states: str = "s.state") -> None:
    """The transitions of every subject, an hour and more apart."""
    from ecoredline.web.core.models import Transition

    person = "p.person"
    end = "s.state"
    insert(
        Transition,
        f"""from {table} s join bench_place p on p.code = s.division_code
            cross join generate_series(1, {len(steps)}) k""",
        at="now() - make_interval(hours => ((s.id * 7919 % 15000) + 1700 - k * 50)::int)",
        subject_kind=f"'{kind}'", subject_id="s.id",
        subject_name="s.patch_id" if kind == "patch" else "s.number",
        step=pick(steps, "k - 1"), start="case when k = 1 then '' else 'listed' end" if kind != "patch" else "'screened'",
        end=end, person_id=person, person_name="'bench'", unit_id="p.city", unit_name="'市局'",
        role="'supervisor'", reason="'按程序办理'", details="'{\"record\": \"bench:1\"}'",
    )  # fmt: skip


def seed_stays(kind: str, table: str, states) -> None:
    """Where every subject stood, the last stay still open."""
    from ecoredline.web.core.models import Stay

    some = tuple(dict.fromkeys(states))[:4]
    at = "now() - make_interval(hours => ((s.id * 7919 % 15000) + 1700 - k * 300)::int)"
    insert(
        Stay,
        f"""from {table} s join bench_place p on p.code = s.division_code
            cross join generate_series(1, {len(some) + 1}) k""",
        subject_kind=f"'{kind}'", subject_id="s.id",
        state=f"case when k > {len(some)} then s.state else {pick(some, 'k - 1')} end",
        unit_id="case when k % 2 = 0 then p.county else p.city end",
        level="case when k % 2 = 0 then 'county' else 'city' end", division_code="s.division_code",
        entered_at=at,
        left_at=f"case when k > {len(some)} then null else {at} + make_interval(hours => (24 + s.id % 276)::int) end",
    )  # fmt: skip


def seed_dispatches() -> None:
    """A hand for every clue that went down, answered where it came back."""
    from ecoredline.web.clues.models import Dispatch

    done = "case when s.state in ('confirmed', 'cleared', 'submitted') then {} else {} end"
    insert(
        Dispatch,
        "from clues_clue s join bench_place p on p.code = s.division_code "
        "where s.state not in ('raised', 'listed')",
        clue_id="s.id", from_unit_id="p.city", to_unit_id="p.county", kind="'dispatch'",
        sent_at="s.entered_at - interval '20 days'", due_on="coalesce(s.due_on, current_date)",
        ended_at=done.format("s.entered_at", "null"), ended_how=done.format("'submitted'", "''"),
        by_id="p.person",
    )  # fmt: skip


def seal() -> int:
    """Seal every row of history in the order it was written; gives the number of seals."""
    from ecoredline.web.core.audit import BODIES, link

    with connection.cursor() as cursor:
        cursor.execute("select number, hash from core_seal order by number desc limit 1")
        number, last = cursor.fetchone() or (0, "")
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select t.id, {BODIES['transition']} from core_transition t "
                "where t.id > %s and not exists (select 1 from core_seal s "
                "where s.kind = 'transition' and s.row_id = t.id) order by t.id limit %s",
                [after, BATCH],
            )
            rows = cursor.fetchall()
            if not rows:
                return number
            with cursor.copy("copy core_seal (number, kind, row_id, hash, sealed_at) from stdin") as sheet:  # fmt: skip
                for key, body in rows:
                    number, last = number + 1, link(last, "transition", body)
                    sheet.write_row((number, "transition", key, last, "2026-01-01 00:00:00+00"))
            after = rows[-1][0]


def set_triggers(how: str) -> None:
    for table in UNSEALED:
        run(f"alter table {table} {how} trigger user")


def fill(patches: int, clues: int, cases: int, runs: int = 49, say=print) -> list:
    """Fill the database; gives the people, top unit first."""
    from ecoredline.web.board.reaching import note_runs, rebuild
    from ecoredline.web.cases.models import Case
    from ecoredline.web.clues.models import Clue

    found = people()
    places()
    seed_runs(runs)
    say("patches")
    seed_patches(patches, runs)
    say("clues and cases")
    seed_subjects(
        Clue, clues, CLUE_STATES, "raised_by_id", source="'satellite'", place="'某村附近'"
    )
    seed_subjects(
        Case, cases, CASE_STATES, "opened_by_id", opened_on="current_date - (g % 600)::int"
    )
    run(
        f"insert into cases_case_clues (case_id, clue_id) select g, g from generate_series(1, {min(cases, clues)}) g"
    )
    seed_dispatches()
    say("history")
    set_triggers("disable")
    seed_history("patch", "patches_patch", PATCH_STEPS)
    seed_history("clue", "clues_clue", CLUE_STEPS)
    seed_history("case", "cases_case", CASE_STEPS)
    set_triggers("enable")
    seed_stays("clue", "clues_clue", CLUE_STATES)
    seed_stays("case", "cases_case", CASE_STATES)
    say("seals")
    run("alter table core_seal disable trigger user")
    seal()
    run("alter table core_seal enable trigger user")
    say("board")
    rebuild()
    note_runs()
    run("vacuum analyze")
    return found
