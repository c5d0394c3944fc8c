"""For migrations: tables whose rows the database itself keeps from being rewritten."""

from django.db import migrations


def guard(tables: dict[str, tuple[str, ...]]) -> list[migrations.RunSQL]:
    """A trigger a table; the columns named may be filled in later, those with `~` also changed."""
    return [
        migrations.RunSQL(trigger(table, columns), f"drop trigger {table}_once on {table}")
        for table, columns in tables.items()
    ]


def trigger(table: str, columns: tuple[str, ...]) -> str:
    """The statement for one table.

    >>> trigger("a_row", ("told",)).endswith("execute function core_write_once('told')")
    True
    """
    names = ", ".join(f"'{name}'" for name in columns)
    return (
        f"create trigger {table}_once before update or delete on {table} "
        f"for each row execute function core_write_once({names})"
    )
