"""The access record can only grow: the database itself refuses everything else."""

from django.db import migrations

REFUSE = """
create function core_accessrecord_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the access record can only grow: % refused', tg_op
        using errcode = 'restrict_violation';
end $$;
create trigger core_accessrecord_no_change before update or delete on core_accessrecord
    for each row execute function core_accessrecord_refuse();
create trigger core_accessrecord_no_truncate before truncate on core_accessrecord
    for each statement execute function core_accessrecord_refuse();
"""
ALLOW = """
drop trigger core_accessrecord_no_change on core_accessrecord;
drop trigger core_accessrecord_no_truncate on core_accessrecord;
drop function core_accessrecord_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
