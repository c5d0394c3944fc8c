"""Demo and real data are never in one project: the database itself refuses the mixture."""

from django.db import migrations

TABLES = ("regions_redlineversion", "regions_protectedareaversion", "imagery_scene", "patches_run")
SEEN = " union all ".join(f"select is_demo from {table}" for table in TABLES)
# The lock makes two transactions that bring the first data of either kind wait for each other.
REFUSE = f"""
create function ecoredline_demo_apart() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(4490, 703);
    if exists (select 1 from ({SEEN}) as held where held.is_demo <> new.is_demo) then
        raise exception 'demo and real data cannot be mixed in one project'
            using errcode = 'check_violation', constraint = 'ecoredline_demo_apart';
    end if;
    return new;
end $$;
""" + "".join(
    f"create trigger {table}_demo_apart before insert or update of is_demo on {table}"
    " for each row execute function ecoredline_demo_apart();\n"
    for table in TABLES
)
ALLOW = "".join(f"drop trigger {table}_demo_apart on {table};\n" for table in TABLES) + (
    "drop function ecoredline_demo_apart();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("patches", "0001_initial"),
        ("regions", "0001_initial"),
        ("imagery", "0001_initial"),
    ]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
