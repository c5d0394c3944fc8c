"""A version in force, its polygons and its delivery stay: what was delivered is neither changed nor deleted.

Versions that never came into force, and demo data, may be cleared away.
"""

from django.db import migrations

REFUSE = """
create function redlines_stays() returns trigger language plpgsql as $$
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
        free := free || array['difference', 'areas', 'against_id', 'approval_number', 'approval_issuer', 'approval_dated'];
    end if;
    if (to_jsonb(old) - free) is distinct from (to_jsonb(new) - free) then
        raise exception 'a delivery of the redline stays as it came' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger redlines_redlinedelivery_stays before update or delete on redlines_redlinedelivery
    for each row execute function redlines_stays();
create function regions_version_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if old.is_demo or old.valid_from is null then return old; end if;
        raise exception 'a version that was in force stays: delete refused' using errcode = 'restrict_violation';
    end if;
    if (old.sha256, old.is_demo) is distinct from (new.sha256, new.is_demo)
        or (old.valid_from is not null
            and (old.name, old.valid_from) is distinct from (new.name, new.valid_from))
        or (old.valid_to is not null and old.valid_to is distinct from new.valid_to) then
        raise exception 'a version stays as it came into force' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create function regions_polygon_stays() returns trigger language plpgsql as $$
declare may_go boolean;
begin
    execute format('select is_demo or valid_from is null from %I where id = $1', tg_argv[0])
        into may_go using old.version_id;
    if may_go is false then
        raise exception 'a polygon of a version that was in force stays' using errcode = 'restrict_violation';
    end if;
    return old;
end $$;
create function regions_protectedarea_refuse() returns trigger language plpgsql as $$
begin
    if (old.version_id, old.code, old.name, old.level, old.kind, old.area_ha)
            is distinct from (new.version_id, new.code, new.name, new.level, new.kind, new.area_ha)
        or not (old.geom ~= new.geom and st_asbinary(old.geom) = st_asbinary(new.geom)) then
        raise exception 'a protected area of a version never changes: deliver a new version'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger regions_redlineversion_stays before update or delete on regions_redlineversion
    for each row execute function regions_version_stays();
create trigger regions_protectedareaversion_stays before update or delete on regions_protectedareaversion
    for each row execute function regions_version_stays();
create trigger regions_redlinepolygon_stays before delete on regions_redlinepolygon
    for each row execute function regions_polygon_stays('regions_redlineversion');
create trigger regions_protectedarea_stays before delete on regions_protectedarea
    for each row execute function regions_polygon_stays('regions_protectedareaversion');
create trigger regions_protectedarea_no_change before update on regions_protectedarea
    for each row execute function regions_protectedarea_refuse();
"""
ALLOW = """
drop trigger redlines_redlinedelivery_stays on redlines_redlinedelivery;
drop trigger regions_redlineversion_stays on regions_redlineversion;
drop trigger regions_protectedareaversion_stays on regions_protectedareaversion;
drop trigger regions_redlinepolygon_stays on regions_redlinepolygon;
drop trigger regions_protectedarea_stays on regions_protectedarea;
drop trigger regions_protectedarea_no_change on regions_protectedarea;
drop function redlines_stays(); drop function regions_version_stays();
drop function regions_polygon_stays(); drop function regions_protectedarea_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("redlines", "0002_only_grow"),
        ("regions", "0004_protected_dates"),
    ]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
