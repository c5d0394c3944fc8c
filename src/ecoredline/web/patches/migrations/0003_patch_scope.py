"""A patch is seen by every county it reaches into, not only by the one with the larger share."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# Own division and the counties whose inside the outline meets, each with its parents; a patch
# of no division stays in none.
FILL = """
with reached as (
    select id, left(division_code, 6) as code from {table} where division_code <> ''
    union
    select p.id, left(d.code, 6) from {table} as p join regions_division as d
        on d.level = 'county' and d.geom && p.geom
        and ST_Intersects(d.geom, p.geom) and not ST_Touches(d.geom, p.geom)
    where p.division_code <> ''
), spread as (
    select id, array_agg(distinct left(code, digits)::varchar(6)) as codes
    from reached, unnest(array[2, 4, 6]) as digits group by id
)
update {table} as p set scope_codes = spread.codes from spread where spread.id = p.id;
"""
FILL_RUNS = """
with reached as (
    select run_id as id, unnest(scope_codes) as code from patches_patch
    union select run_id, unnest(scope_codes) from patches_droppedpatch
    union select id, unnest(scope_codes) from patches_run
), spread as (select id, array_agg(distinct code::varchar(6)) as codes from reached group by id)
update patches_run as r set scope_codes = spread.codes from spread where spread.id = r.id;
"""
TABLES = ("patches_patch", "patches_droppedpatch")
EVERY_FILL = "".join(FILL.format(table=table) for table in TABLES) + FILL_RUNS


def scope_field():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.CharField(max_length=6),
        default=list,
        size=None,
        verbose_name="所在区划",
    )


class Migration(migrations.Migration):
    dependencies = [("patches", "0002_demo_apart")]
    operations = [
        migrations.AddField("patch", "scope_codes", scope_field()),
        migrations.AddField("droppedpatch", "scope_codes", scope_field()),
        migrations.AddIndex(
            model_name="patch",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["scope_codes"], name="patches_patch_scope"
            ),
        ),
        migrations.RunSQL(EVERY_FILL, migrations.RunSQL.noop),
    ]
