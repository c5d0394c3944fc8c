"""A hand-over is answered once."""

from django.db import migrations

from ecoredline.web.core.write_once import guard

TABLES = {
    "cases_handover": ('replied_on', 'reply', 'reply_number'),
}


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("cases", "0006_case_of_a_list")]
    operations = guard(TABLES)
