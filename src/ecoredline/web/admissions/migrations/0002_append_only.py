"""Answers, approvals and rule editions can only grow: the database itself refuses everything else."""

from django.db import migrations

TABLES = ("admissionrequest", "admission", "approval", "ruleedition")
REFUSE = """
create function admissions_refuse() returns trigger language plpgsql as $$
begin
    raise exception '% can only grow: % refused', tg_table_name, tg_op
        using errcode = 'restrict_violation';
end $$;
""" + "\n".join(
    f"create trigger admissions_{t}_no_change before update or delete on admissions_{t} "
    "for each row execute function admissions_refuse();"
    for t in TABLES
)
ALLOW = "\n".join(
    f"drop trigger admissions_{t}_no_change on admissions_{t};" for t in TABLES
) + "\ndrop function admissions_refuse();"


class Migration(migrations.Migration):
    dependencies = [("admissions", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
