"""Plans, progress and rechecks never change; of an item only where it stands; of an observation the decision.

Rows are guarded, not the whole table: emptying a test database is not a change of a record.
"""

from django.db import migrations

GUARD = """
create trigger {table}_no_change before update or delete on {table}
    for each row execute function core_refuse();
"""
FREE = "drop trigger {table}_no_change on {table};"
WHOLE = ("rectification_rectificationplan", "rectification_progress", "rectification_recheck")
# table: columns that may change
PARTLY = {
    "rectification_rectificationitem": ("state", "done_on", "accepted_by_id", "note", "due_on"),
    "rectification_observation": ("decided", "decided_by_id", "decided_at", "decided_reason"),
}
PART = """
create function {table}_fixed() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (to_jsonb(new) - array[{free}]) <> (to_jsonb(old) - array[{free}]) then
        raise exception 'this record can only grow: % refused', tg_op using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger {table}_no_change before update or delete on {table}
    for each row execute function {table}_fixed();
"""


def part(table: str) -> str:
    free = ", ".join(f"'{column}'" for column in PARTLY[table])
    return PART.replace("{table}", table).replace("{free}", free)


class Migration(migrations.Migration):
    dependencies = [("rectification", "0002_proof"), ("core", "0004_sealed")]
    operations = [
        *(migrations.RunSQL(GUARD.format(table=t), FREE.format(table=t)) for t in WHOLE),
        *(migrations.RunSQL(part(t), f"drop trigger {t}_no_change on {t}; drop function {t}_fixed();")
          for t in PARTLY),
    ]  # fmt: skip
