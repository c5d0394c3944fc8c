"""The database refuses to change the words, list, number or parties of a sent letter, or to delete it."""

from django.db import migrations

GUARD = """
create function letters_keep() returns trigger language plpgsql as $$
begin
    if old.state = 'draft' then
        return case tg_op when 'DELETE' then old else new end;
    end if;
    if tg_op = 'DELETE' or row(
        old.kind, old.template_id, old.unit_id, old.year, old.serial, old.number, old.title,
        old.addressee, old.to_unit_id, old.department, old.contact, old.dated, old.reply_by,
        old.values, old.rows, old.words, old.count, old.area_ha, old.subject_kind, old.subject_ids
    ) is distinct from row(
        new.kind, new.template_id, new.unit_id, new.year, new.serial, new.number, new.title,
        new.addressee, new.to_unit_id, new.department, new.contact, new.dated, new.reply_by,
        new.values, new.rows, new.words, new.count, new.area_ha, new.subject_kind, new.subject_ids
    ) then
        raise exception 'a sent letter never changes: % refused', tg_op using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger letters_letter_keep before update or delete on letters_letter
    for each row execute function letters_keep();
create function letters_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'this record can only grow: % refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger letters_reply_keep before update or delete on letters_letterreply
    for each row execute function letters_refuse();
"""
UNGUARD = """
drop trigger letters_reply_keep on letters_letterreply;
drop function letters_refuse();
drop trigger letters_letter_keep on letters_letter;
drop function letters_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0002_number_words_and_frozen_words")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
