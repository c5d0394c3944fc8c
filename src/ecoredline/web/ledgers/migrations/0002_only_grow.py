"""A ledger's row only gets its end: everything else of it stays as it was written."""

from django.db import migrations

REFUSE = """
create function ledgers_refuse() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if old.is_demo then return old; end if;
        raise exception 'a ledger only grows: delete refused' using errcode = 'restrict_violation';
    end if;
    if (to_jsonb(old) - '{valid_to,retired_at,ended_by_id,geom}'::text[])
            is distinct from (to_jsonb(new) - '{valid_to,retired_at,ended_by_id,geom}'::text[])
        or st_asbinary(old.geom) is distinct from st_asbinary(new.geom)
        or (old.valid_to is not null and old.valid_to is distinct from new.valid_to)
        or (old.retired_at is not null and old.retired_at is distinct from new.retired_at) then
        raise exception 'a ledger only grows: write a new state of the row'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger ledgers_row_no_change before update or delete on ledgers_ledgerrow
    for each row execute function ledgers_refuse();
"""
ALLOW = "drop trigger ledgers_row_no_change on ledgers_ledgerrow; drop function ledgers_refuse();"


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
