"""Measures, referrals and reports are written once."""

from django.db import migrations

from ecoredline.web.core.write_once import guard

TABLES = {
    "measures_supervisorymeasure": ('letter_id', 'result', 'result_on'),
    "measures_referral": ('letter_id', 'received_on', 'result', 'result_on', '~clocks'),
    "measures_upwardreport": ('letter_id', 'answer'),
    "measures_proposal": ('decided', 'decided_by_id', 'decided_at', 'reason'),
}


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("measures", "0002_towards")]
    operations = guard(TABLES)
