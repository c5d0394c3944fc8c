"""A sent letter also never goes back to a draft, and what was signed or answered stays so."""

from django.db import migrations

GUARD = """
create function letters_forward() returns trigger language plpgsql as $$
begin
    if old.state = 'draft' then
        return new;
    end if;
    if not (new.state = old.state
            or (old.state = 'sent' and new.state in ('received', 'replied', 'void'))
            or (old.state = 'received' and new.state in ('replied', 'void')))
       or new.sent_at is distinct from old.sent_at
       or new.is_demo is distinct from old.is_demo
       or (old.received_at is not null and new.received_at is distinct from old.received_at)
       or (old.received_by_id is not null and new.received_by_id is distinct from old.received_by_id)
       or (old.void_reason <> '' and new.void_reason is distinct from old.void_reason)
    then
        raise exception 'a sent letter only goes forward: % refused', tg_op using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger letters_letter_forward before update on letters_letter
    for each row execute function letters_forward();
"""
UNGUARD = """
drop trigger letters_letter_forward on letters_letter;
drop function letters_forward();
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0004_letters_from_outside")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
