"""The built-in demo: landscape, run, database, people; and taking away what it made."""

import json
from datetime import UTC, datetime
from pathlib import Path

from ecoredline.errors import InputError, SourceError
from ecoredline.files import remove, whole_file
from ecoredline.record import Job, read_record
from ecoredline.web import cluster

MANIFEST_NAME = "demo-made.json"
LOGINS_NAME = "demo-logins.json"
SIMULATION_NAME = "simulation.json"  # written last by the simulator
LOADED_AT = datetime(2026, 4, 2, 9, tzinfo=UTC)
ASSESSED_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER_LOADED_AT = datetime(2026, 10, 23, 9, tzinfo=UTC)
LAYERS = ("redline", "protected_areas", "divisions", "places")
# What the demo may make under var/, each noted before it is made.
PARTS = ("demo", "postgres", "files", "previews", "tiles", "overviews", LOGINS_NAME, "secret-key")


def note_parts(var: Path) -> list[str]:
    """Write down which parts were not there before the demo: only those are ever removed."""
    path = var / MANIFEST_NAME
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))["made"]
    made = [name for name in PARTS if not (var / name).exists()]
    with whole_file(path) as part:
        part.write_text(json.dumps({"made": made}, indent=1), encoding="utf-8")
    return made


def make_landscape(var: Path, job: Job) -> dict[str, Path]:
    """The demo's input files; made when they are not whole."""
    folder = var / "demo" / "input"
    names = {"before": "before.tif", "after": "after.tif"} | {r: f"{r}.gpkg" for r in LAYERS}
    paths = {role: folder / name for role, name in names.items()}
    if not all(p.exists() for p in (*paths.values(), folder / SIMULATION_NAME)):
        from ecoredline import simulate

        simulate.simulate(folder, job=job)
    return paths


def make_run(var: Path, inputs: dict[str, Path], job: Job) -> Path:
    """The demo's run folder; made when it is not the whole result of these inputs."""
    from ecoredline import pipeline

    out = var / "demo" / "run"
    options = pipeline.FindOptions()
    if not pipeline.is_finished(out, inputs, options):
        layers = {role: inputs[role] for role in LAYERS}
        pipeline.find_patches(
            inputs["before"], inputs["after"], out=out, options=options, job=job, **layers
        )
    return out


def make_later(var: Path, inputs: dict[str, Path], run: Path, job: Job) -> Path:
    """The demo's second run: after the rectification of some places and the pretence of it at one."""
    import pyogrio

    from ecoredline import pipeline, simulate
    from ecoredline.web.demo.fates import places

    out = var / "demo" / "run-later"
    image = inputs["after"].with_name("later.tif")
    if not image.exists():
        frame = pyogrio.read_dataframe(run / "patches.gpkg", layer="patches")
        simulate.later_image(image.parent, seed=simulate.DEFAULT_SEED, job=job, **places(frame))
    # a look half a year on has no third date yet: the word is said, and the lists say so
    options = pipeline.FindOptions(season_gap_accepted=True)
    layers = {role: inputs[role] for role in LAYERS}
    images = {"before": inputs["after"], "after": image}
    if not pipeline.is_finished(out, images | layers, options):
        pipeline.find_patches(
            images["before"], images["after"], out=out, options=options, job=job, **layers
        )
    return out


def fill_platform(
    var: Path, run: Path, later: Path | None = None, *, job: Job | None = None
) -> dict[str, str]:
    """Load the runs, make the demo people and tell their year; give log-in → password.

    Must be called within `server.database()`. Raises `InputError` in a project with units of
    its own: the demo's people must not stand beside real ones.
    """
    from ecoredline.web.accounts.actions import create_demo_people
    from ecoredline.web.accounts.models import Unit
    from ecoredline.web.core import clock
    from ecoredline.web.demo import books, openly, others, year
    from ecoredline.web.patches.actions import load_run

    if Unit.objects.filter(is_demo=False).exists():
        raise InputError(
            "got a project that has units of its own; the demo wants one of its own: "
            "set ECOREDLINE_VAR to another folder (and unset DATABASE_URL)"
        )
    logins = create_demo_people(var / LOGINS_NAME)
    with clock.standing_at(LOADED_AT):
        first = load_run(run, name="演示批次")
    with clock.standing_at(LATER_LOADED_AT):
        second = load_run(later, name="演示批次（整改后）") if later else None
    year.tell(first, second, job=job)
    books.tell(first, var / "demo" / "input")
    openly.tell(first)
    if later is not None:
        folder = var / "demo" / "input"
        others.tell(first, var / "demo", {role: folder / f"{role}.gpkg" for role in LAYERS})
        tell_ecology(var)
    return logins


def tell_ecology(var: Path) -> None:
    """The demo county's layers and assessments of November; a real watershed where its data are there."""
    from ecoredline.web.accounts.models import Person
    from ecoredline.web.assessments import demo as ecology
    from ecoredline.web.assessments import watershed
    from ecoredline.web.core import clock

    with clock.standing_at(ASSESSED_AT):
        by = Person.objects.get(username="city")
        ecology.tell(var / "demo" / "ecology", by=by, inputs=var / "demo" / "input")
        ministry = Person.objects.get(username="ministry")
        watershed.tell(var / "demo" / "youwuzhen", by=ministry)


def people_table(logins: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Log-in, password, role and unit of each of the demo's people, for printing."""
    from ecoredline.web.accounts.models import Person

    people = Person.objects.filter(username__in=logins).select_related("unit").order_by("pk")
    return [(p.username, logins[p.username], p.get_role_display(), p.unit.name) for p in people]


def clean(var: Path) -> list[str]:
    """Remove what the demo made, and nothing else; give the names of what went."""
    path = var / MANIFEST_NAME
    if not path.exists():
        return []
    made = json.loads(path.read_text(encoding="utf-8"))["made"]
    gone = [name for name in made if name in PARTS and (var / name).exists()]
    if "postgres" in gone:
        cluster.remove(var / "postgres")
    for name in gone:
        remove(var / name)
    for folder in demo_runs(var):
        remove(folder)
        gone.append(f"runs/{folder.name}")
    if (var / "runs").is_dir() and not any((var / "runs").iterdir()):
        (var / "runs").rmdir()
    remove(path)
    if not any(var.iterdir()):
        var.rmdir()
    return gone


def demo_runs(var: Path) -> list[Path]:
    """The folders of runs that were started from a page on demo data."""
    found = []
    for folder in sorted((var / "runs").glob("job-*")):
        try:
            is_demo = read_record(folder)["is_demo"]
        except SourceError:
            continue  # not whole, so nobody knows whose it is: it stays
        if is_demo:
            found.append(folder)
    return found


def forget_in_database() -> int:
    """Take the demo's runs and people out of a database the demo did not make.

    The people are only deactivated: what they did stays in the access record. Must be called
    within `server.database()`. Gives the number of runs removed.
    """
    from ecoredline.web.accounts.models import Person
    from ecoredline.web.demo.forget import forget_supervision
    from ecoredline.web.imagery.models import Scene
    from ecoredline.web.patches.models import Run
    from ecoredline.web.regions.models import Division, ProtectedAreaVersion, RedlineVersion

    count = Run.objects.filter(is_demo=True).count()
    if count and not Run.objects.filter(is_demo=False).exists():
        forget_supervision()
    for model in (Run, Scene, RedlineVersion, ProtectedAreaVersion, Division):
        model.objects.filter(is_demo=True).delete()
    Person.objects.filter(unit__is_demo=True).update(is_active=False)
    return count
