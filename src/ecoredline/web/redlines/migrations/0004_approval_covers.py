"""What an approval covers, who attached it and the comparison it was seen with; ground lowered in place."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BEFORE = "'approval_number', 'approval_issuer', 'approval_dated'"
MORE = ", 'approval_by_id', 'approval_covers', 'approval_seen'"
TRIGGER = """
create or replace function redlines_stays() returns trigger language plpgsql as $$
declare free text[] := array['state', 'version', 'entered_at', 'is_demo'];
begin
    if tg_op = 'DELETE' then
        if old.is_demo then return old; end if;
        raise exception 'a delivery of the redline stays: delete refused' using errcode = 'restrict_violation';
    end if;
    if old.state = 'draft' then
        return new;  -- still being taken in
    end if;
    if old.state = 'checked' then
        free := free || array['difference', 'areas', 'against_id', FIELDS];
    end if;
    if (to_jsonb(old) - free) is distinct from (to_jsonb(new) - free) then
        raise exception 'a delivery of the redline stays as it came' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("redlines", "0003_versions_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "redlinedelivery", "approval_by",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                              related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            "redlinedelivery", "approval_covers", models.JSONField(default=dict, verbose_name="批准范围")
        ),
        migrations.AddField(
            "redlinedelivery", "approval_seen", models.JSONField(default=list, verbose_name="登记时的比对")
        ),
        migrations.AddField(
            "differencepart", "fields", models.JSONField(default=list, verbose_name="属性变化")
        ),
        migrations.AddField(
            "boundarychange", "in_place_ha",
            models.DecimalField(decimal_places=4, default=0, max_digits=16, verbose_name="原地降低面积"),
        ),
        migrations.RunSQL(TRIGGER.replace("FIELDS", BEFORE + MORE), TRIGGER.replace("FIELDS", BEFORE)),
    ]  # fmt: skip
