"""What was said about a patch stays."""

from django.db import migrations

from ecoredline.web.core.write_once import guard

TABLES = {
    "reviews_review": (),
    "reviews_refinement": (),
}


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("reviews", "0002_blind_share_end")]
    operations = guard(TABLES)
