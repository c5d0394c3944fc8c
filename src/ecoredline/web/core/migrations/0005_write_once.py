"""`core_write_once`: a row's columns are written once.

Used by triggers of other rooms: `core_write_once('reply', 'replied_on', '~clocks')` lets the named
columns be filled while they are empty, those with ~ be changed at any time, and nothing else; a row
is never deleted.
"""

from django.db import migrations

FUNCTION = """
create function core_write_once() returns trigger language plpgsql as $$
declare was jsonb; now_is jsonb; col text;
begin
    if tg_op = 'DELETE' then
        raise exception 'this record stays: delete of % refused', tg_table_name using errcode = 'restrict_violation';
    end if;
    was := to_jsonb(old); now_is := to_jsonb(new);
    for col in select key from jsonb_each(now_is) where value is distinct from was -> key loop
        if ('~' || col) = any(tg_argv) then
            continue;
        end if;
        if not (col = any(tg_argv)) or coalesce(was ->> col, '') not in ('', '[]', '{}', 'false') then
            raise exception 'this record stays: change of %.% refused', tg_table_name, col
                using errcode = 'restrict_violation';
        end if;
    end loop;
    return new;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0004_sealed")]
    operations = [migrations.RunSQL(FUNCTION, "drop function core_write_once()")]
