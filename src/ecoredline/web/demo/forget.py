"""Taking the demo out of a database it did not make. What was done stays in the sealed history."""

from django.apps import apps
from django.db import connection, transaction

KEPT_APPS = ("core", "accounts", "regions", "jobs", "imagery", "patches", "maps", "api", "ogc")
KEPT_TABLES = ("letters_lettertemplate", "letters_numberword")  # an office's own words


def supervision_tables() -> list[str]:
    """Every table of the rooms above the patches, and how long things stood where."""
    found = {"core_stay"}
    for config in apps.get_app_configs():
        if config.name.startswith("ecoredline.") and config.label not in KEPT_APPS:
            held = config.get_models(include_auto_created=True)
            found |= {m._meta.db_table for m in held if m._meta.managed}
    return sorted(found - set(KEPT_TABLES))


@transaction.atomic
def forget_supervision() -> None:
    """Empty them. Only for a project that holds nothing but demo data: the database keeps them apart.

    Their own guards are lifted for this moment; access record, transitions and seals are not touched.
    """
    tables = supervision_tables()
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        for table in tables:
            cursor.execute(f'alter table "{table}" disable trigger user')
        cursor.execute("truncate " + ", ".join(f'"{table}"' for table in tables))
        for table in tables:
            cursor.execute(f'alter table "{table}" enable trigger user')
