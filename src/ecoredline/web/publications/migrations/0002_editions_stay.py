"""What an edition holds is never changed; only its state is."""

from django.db import migrations

from ecoredline.web.core.write_once import guard

TABLES = {
    "publications_publicedition": ("~state", "~version", "~entered_at", "published_at"),
}


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("publications", "0001_editions")]
    operations = guard(TABLES)
