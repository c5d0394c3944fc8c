"""Ledger rows and markers as the one map reads them: their state of today as columns."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
from django.db import migrations, models

ROWS = """
create view ledgers_mapped as
select id, book, key, division_code as county, scope_codes, valid_from, valid_to, retired_at,
    coalesce("values"->>'name', "values"->>'scientific_name', "values"->>'number',
             "values"->>'patrolled_on', '') as name,
    coalesce("values"->>'kind', '') as kind,
    case when book = 'existing_right' and "values"->>'exit_state' = 'gone' then 'gone'
         when book = 'existing_right' and "values"->>'kind' = 'water_source'
              then coalesce("values"->>'grade', 'unknown')
         when book = 'existing_right' then coalesce("values"->>'exit_state', 'unknown')
         when book = 'monitor_station' then coalesce("values"->>'kind', 'other')
         else 'held' end as state,
    geom, ("values"->>'lon')::float8 as lon, ("values"->>'lat')::float8 as lat
from ledgers_ledgerrow where retired_at is null
"""
MARKERS = """
create view ledgers_mapped_markers as
select id, number as name, kind, state, division_code as county, scope_codes, distance_m,
    point as geom, lon, lat
from redlines_marker
"""
DROP = "drop view ledgers_mapped; drop view ledgers_mapped_markers"


def shown(*more):
    """Columns both views have."""
    return [
        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
        ("name", models.TextField()),
        ("kind", models.TextField()),
        ("state", models.TextField()),
        ("county", models.CharField(max_length=6)),
        (
            "scope_codes",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=6), default=list, size=None
            ),
        ),
        ("geom", django.contrib.gis.db.models.fields.GeometryField(null=True, srid=4490)),
        ("lon", models.FloatField(null=True)),
        ("lat", models.FloatField(null=True)),
        *more,
    ]


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0002_only_grow"), ("redlines", "0002_only_grow")]
    operations = [
        migrations.RunSQL([ROWS, MARKERS], DROP),
        migrations.CreateModel(
            "MappedRow",
            shown(
                ("book", models.CharField(max_length=40)),
                ("key", models.UUIDField()),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
            ),
            options={"db_table": "ledgers_mapped", "managed": False},
        ),
        migrations.CreateModel(
            "MappedMarker",
            shown(("distance_m", models.FloatField(null=True))),
            options={"db_table": "ledgers_mapped_markers", "managed": False},
        ),
    ]
