"""Transitions can only grow; every row of them and of the access record is sealed into one chain.

The seal is written by a deferred trigger when its transaction ends, under one lock: the chain has
no gaps, no row escapes it, and nobody waits for it while a transaction is still working.
`ecoredline.web.core.audit` computes the same hashes from the rows, without these functions.
"""

from django.db import migrations

from ecoredline.web.core.audit import BODIES, TABLES

REFUSE = """
create function core_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'this history can only grow: % refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger core_transition_no_change before update or delete on core_transition
    for each row execute function core_refuse();
create trigger core_transition_no_truncate before truncate on core_transition
    for each statement execute function core_refuse();
create trigger core_seal_no_change before update or delete on core_seal
    for each row execute function core_refuse();
create trigger core_seal_no_truncate before truncate on core_seal
    for each statement execute function core_refuse();
"""
SEAL = """
create function core_seal_{kind}() returns trigger language plpgsql as $$
declare last_number bigint; last_hash text; body text;
begin
    perform pg_advisory_xact_lock(4490, 3);
    select number, hash into last_number, last_hash from core_seal order by number desc limit 1;
    select {body} into body from (select new.*) as t;
    insert into core_seal (number, kind, row_id, hash, sealed_at) values (
        coalesce(last_number, 0) + 1, '{kind}', new.id,
        encode(sha256(convert_to(coalesce(last_hash, '') || chr(10) || '{kind}' || chr(10) || body, 'UTF8')), 'hex'),
        clock_timestamp());
    return null;
end $$;
create constraint trigger core_seal_{kind} after insert on {table}
    deferrable initially deferred for each row execute function core_seal_{kind}();
"""
EARLIER = """
do $$
declare found {table}; last_number bigint := 0; last_hash text := ''; body text;
begin
    for found in select * from {table} order by id loop
        select {body} into body from (select found.*) as t;
        last_hash := encode(sha256(convert_to(last_hash || chr(10) || '{kind}' || chr(10) || body, 'UTF8')), 'hex');
        last_number := last_number + 1;
        insert into core_seal (number, kind, row_id, hash, sealed_at)
            values (last_number, '{kind}', found.id, last_hash, clock_timestamp());
    end loop;
end $$;
"""


def sql(text: str, kind: str) -> str:
    return text.replace("{kind}", kind).replace("{table}", TABLES[kind]).replace("{body}", BODIES[kind])


class Migration(migrations.Migration):
    dependencies = [("core", "0003_transition")]
    operations = [
        migrations.RunSQL(sql(EARLIER, "access"), "delete from core_seal"),
        migrations.RunSQL(REFUSE, migrations.RunSQL.noop),
        migrations.RunSQL(sql(SEAL, "access"), migrations.RunSQL.noop),
        migrations.RunSQL(sql(SEAL, "transition"), migrations.RunSQL.noop),
    ]
