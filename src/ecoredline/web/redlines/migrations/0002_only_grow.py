"""Boundary changes only grow, a polygon of a version never changes; demo data may be cleared away."""

from django.db import migrations

REFUSE = """
create function redlines_refuse() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.is_demo then return old; end if;
    raise exception 'the ledger of boundary changes can only grow: % refused', tg_op
        using errcode = 'restrict_violation';
end $$;
create trigger redlines_boundarychange_no_change before update or delete on redlines_boundarychange
    for each row execute function redlines_refuse();
create function regions_redlinepolygon_refuse() returns trigger language plpgsql as $$
begin
    if (old.version_id, old.code, old.name, old.control_zone, old.function, old.area_ha)
            is distinct from (new.version_id, new.code, new.name, new.control_zone, new.function, new.area_ha)
        or (old.sensitivity <> '' and old.sensitivity <> new.sensitivity)
        or (old.zone_word <> '' and old.zone_word <> new.zone_word)
        or not (old.geom ~= new.geom and st_asbinary(old.geom) = st_asbinary(new.geom)) then
        raise exception 'a polygon of a redline version never changes: deliver a new version'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger regions_redlinepolygon_no_change before update on regions_redlinepolygon
    for each row execute function regions_redlinepolygon_refuse();
"""
ALLOW = """
drop trigger redlines_boundarychange_no_change on redlines_boundarychange;
drop trigger regions_redlinepolygon_no_change on regions_redlinepolygon;
drop function redlines_refuse(); drop function regions_redlinepolygon_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("redlines", "0001_initial"), ("regions", "0002_version_dates")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
