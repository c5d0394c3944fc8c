"""Requests to the public pages are counted in one place, which need not outlive a crash."""

from django.db import migrations

MAKE = """
    create unlogged table publications_rate (
        address char(64) not null, minute bigint not null, count integer not null,
        primary key (address, minute)
    );
    create index publications_rate_minute on publications_rate (minute);
"""


class Migration(migrations.Migration):
    dependencies = [("publications", "0002_editions_stay")]
    operations = [migrations.RunSQL(MAKE, "drop table publications_rate")]
