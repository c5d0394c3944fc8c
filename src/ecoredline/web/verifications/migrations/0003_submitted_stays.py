"""The database refuses to change or delete a submitted verification, its approvals and files, and every judgement."""

from django.db import migrations

GUARD = """
create function verifications_is_submitted(wanted bigint) returns boolean language sql stable as $$
    select exists (
        select 1 from verifications_verification where id = wanted and submitted_at is not null
    )
$$;
create function verifications_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'what was submitted never changes: % refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger verifications_verification_keep before update or delete on verifications_verification
    for each row when (old.submitted_at is not null) execute function verifications_refuse();
create trigger verifications_judgement_keep before update or delete on verifications_judgement
    for each row execute function verifications_refuse();
create function verifications_keep_approvals() returns trigger language plpgsql as $$
begin
    if (tg_op <> 'INSERT' and verifications_is_submitted(old.verification_id))
        or (tg_op <> 'DELETE' and verifications_is_submitted(new.verification_id)) then
        raise exception 'what was submitted never changes: % refused', tg_op using errcode = 'restrict_violation';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger verifications_approval_keep before insert or update or delete on verifications_approval
    for each row execute function verifications_keep_approvals();
create function verifications_of_record(record text) returns bigint language sql immutable as $$
    select nullif(substring(record from '^verification:([0-9]{1,18})$'), '')::bigint
$$;
create function verifications_keep_files() returns trigger language plpgsql as $$
begin
    if (tg_op <> 'INSERT' and verifications_is_submitted(verifications_of_record(old.record)))
        or (tg_op <> 'DELETE' and verifications_is_submitted(verifications_of_record(new.record))) then
        raise exception 'what was submitted never changes: % refused', tg_op using errcode = 'restrict_violation';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger verifications_file_keep before insert or update or delete on files_attachment
    for each row execute function verifications_keep_files();
"""
UNGUARD = """
drop trigger verifications_file_keep on files_attachment;
drop function verifications_keep_files();
drop function verifications_of_record(text);
drop trigger verifications_approval_keep on verifications_approval;
drop function verifications_keep_approvals();
drop trigger verifications_judgement_keep on verifications_judgement;
drop trigger verifications_verification_keep on verifications_verification;
drop function verifications_refuse();
drop function verifications_is_submitted(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("verifications", "0002_saves_and_spot_check_words"), ("files", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
