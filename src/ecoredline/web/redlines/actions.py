"""Writes: a delivery comes in, is compared, gets its approval, comes into force or is sent back."""

import hashlib
import tempfile
from datetime import date
from pathlib import Path

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecoredline.boundary import read_delivery
from ecoredline.boundary.reading import DeliveryReading
from ecoredline.errors import Cancelled, EcoredlineError
from ecoredline.record import Job
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.moves import begin, lock, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked, DemoAndReal, in_words
from ecoredline.web.files import store
from ecoredline.web.redlines.approval import is_own, reason_words, shortfalls
from ecoredline.web.redlines.facts import change_rows, difference_of, part_rows, summary
from ecoredline.web.redlines.lifecycle import REFUSED
from ecoredline.web.redlines.measuring import measure_markers
from ecoredline.web.redlines.models import (
    AreaFloor,
    BoundaryChange,
    DifferencePart,
    RedlineDelivery,
)
from ecoredline.web.redlines.queries import HA_PER_KM2, area_ha, division_name, floors_on
from ecoredline.web.regions.actions import multi, register_redline, without_zeros
from ecoredline.web.regions.models import RedlineVersion
from ecoredline.web.regions.queries import counties_frame, redline_as_of

SUFFIXES = (".gpkg", ".zip", ".geojson", ".json")
MOST_BYTES = 500 << 20
LOCK = (4490, 9)  # one version comes into force at a time
NUMBERS = (4490, 10)  # one delivery gets its number at a time
DEMO_CONSTRAINT = "ecoredline_demo_apart"
OTHER_PERSON = gettext_lazy(
    "%(who)s登记了批准文件，不能自己使版本生效：请由本单位另一位监管人员核对批准文件后生效"
)


def read_upload(upload, **options) -> DeliveryReading:
    """Read an uploaded delivery; raises `BadForm` (422.4) with everything that is wrong with it."""
    found = read_with(read_delivery, upload, **options)
    if found.faults:
        raise BadForm(*map(str, found.faults))
    return found


def faults_of_upload(upload) -> list[str]:
    """What is wrong with an upload's name and size."""
    name, faults = upload.name or "", []
    if Path(name).suffix.lower() not in SUFFIXES:
        faults.append(_("文件“%(name)s”应为 GPKG、打包的 SHP（ZIP）或 GeoJSON") % {"name": name})
    if upload.size > MOST_BYTES:
        faults.append(_("文件超过 %(most)d MB") % {"most": MOST_BYTES >> 20})
    return faults


def read_with(reader, upload, **options):
    """What a reader of files makes of an upload; `BadForm` (422.4) for what it cannot read."""
    if faults := faults_of_upload(upload):
        raise BadForm(*faults)
    name = upload.name
    suffix = Path(name).suffix.lower()
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        path = Path(folder) / f"delivery{suffix}"
        upload.seek(0)
        with path.open("wb") as stream:
            store.copy(upload, stream)
        try:
            return reader(path, **options)
        except Cancelled:
            raise
        except EcoredlineError as fault:
            raise BadForm(in_words(fault, path, name)) from fault


def deliver(
    upload, *, by, name: str, valid_from: date, provider: str = "", note_said: str = "",
    covers: str = "", job: Job | None = None, **options,
) -> RedlineDelivery:  # fmt: skip
    """Take a file of the redline in as a draft version; its polygons are never changed after.

    `covers` are codes of the divisions it speaks for, by default the unit's own. `options` are those of `vector.read_layer` (crs, encoding). Raises `NotAllowed` (403.1),
    `BadForm` (422.4: every fault of the file), `DemoAndReal` (409.2).
    """
    require(by, "redline.deliver")
    if not name.strip():
        raise BadForm(_("名称：未填写"))
    divisions = declared(covers, by)
    found = read_upload(upload, job=job, **options)
    sha256 = store.keep(upload)
    if (known := delivered(sha256)) is not None:
        raise BadForm(_("这个文件已经交付为 %(number)s") % {"number": known.number})
    try:
        with transaction.atomic():
            version = register(found, name, sha256, job)
            if version.valid_from is None:
                version.covers = divisions
                version.save(update_fields=["covers"])
            codes = version.polygons.values_list("scope_codes", flat=True)
            made = RedlineDelivery(
                number=next_number(), name=name.strip(), version_of=version, owner=by.unit, by=by,
                provider=provider, file_name=upload.name[-200:], size=upload.size, sha256=sha256,
                note=note_said, notes=found.notes, valid_from=valid_from, is_demo=found.is_demo,
                scope_codes=prefixes(
                    [c for row in codes for c in row if len(c) == 6] or [by.unit.division_code]
                ),
            )  # fmt: skip
            begin(made, by=by, step="deliver", details={"sha256": sha256, "file": upload.name})
    except IntegrityError as fault:
        if DEMO_CONSTRAINT in str(fault):
            raise DemoAndReal() from fault
        raise
    return made


def declared(covers: str, by) -> list[str]:
    """Divisions a file is said to cover, as short codes; the unit's own where nothing is said.

    Raises `BadForm` (422.4) for what is no code or not the unit's.
    """
    words = [w for w in covers.replace("，", ",").replace("、", ",").split(",") if w.strip()]
    codes = [without_zeros(w.strip()) for w in words]
    own = by.unit.division_code
    wrong = [c for c in codes if not (c.isascii() and c.isdigit() and len(c) in (2, 4, 6))]
    faults = [_("覆盖区划“%(got)s”应为 6 位行政区划代码") % {"got": c} for c in wrong]
    faults += [
        _("覆盖区划 %(got)s 不在本单位辖区内") % {"got": c}
        for c in codes
        if c not in wrong and not c.startswith(own)
    ]
    if faults:
        raise BadForm(*faults)
    return sorted(set(codes)) or [own] * bool(own)


def delivered(sha256: str) -> RedlineDelivery | None:
    """The delivery of a file that was not sent back."""
    return RedlineDelivery.objects.filter(sha256=sha256).exclude(state=REFUSED).first()


def register(
    found: DeliveryReading, name: str, sha256: str, job: Job | None = None
) -> RedlineVersion:
    """The version of the file; one that a run used before gets the words the run did not keep.

    The same file read in another coordinate system is another version.
    """
    version = register_redline(
        found.frame, name=name.strip(), sha256=of_reading(found, sha256), is_demo=found.is_demo,
        notes=found.notes, divisions=counties_frame(), job=job,
    )  # fmt: skip
    words = {r["code"]: r for r in found.frame.drop(columns="geometry").to_dict("records")}
    lacking = [p for p in version.polygons.filter(zone_word="", sensitivity="") if p.code in words]
    for polygon in lacking:
        polygon.sensitivity = words[polygon.code]["sensitivity"]
        polygon.zone_word = words[polygon.code]["zone_word"][:60]
    version.polygons.bulk_update(lacking, ["sensitivity", "zone_word"], batch_size=500)
    return version


def of_reading(found: DeliveryReading, sha256: str) -> str:
    """What the version is known by: the file's hash, or with the outlines where another reading has it."""
    known = RedlineVersion.objects.filter(sha256=sha256).first()
    shapes = sorted(bytes(multi(s).wkb) for s in found.frame.geometry)
    if known is None or shapes == sorted(
        bytes(g.wkb) for g in known.polygons.values_list("geom", flat=True)
    ):
        return sha256
    return hashlib.sha256(b"".join([sha256.encode(), *shapes])).hexdigest()


def next_number() -> str:
    """HX-year-serial; holds a lock until the transaction ends."""
    locked(NUMBERS)
    year = clock.today().year
    taken = RedlineDelivery.objects.filter(number__startswith=f"HX-{year}-").count()
    return f"HX-{year}-{taken + 1:03d}"


def locked(key: tuple[int, int]) -> None:
    """Wait for everybody else with this key, and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", key)


@transaction.atomic
def check(
    delivery: RedlineDelivery, *, by, seen: int | None = None, job: Job | None = None
) -> RedlineDelivery:
    """Compare with the version in force on the delivery's day, in place; may be done again."""
    against = before_it(delivery)
    found = difference_of(delivery.version_of, against, job, on=delivery.valid_from)
    told = summary(found, delivery.version_of, against)
    areas = {row["code"]: row["new_ha"] for row in told["counties"]}
    told["reasons"] += below_floor(delivery, areas, against)
    move(
        delivery, "check", by=by, seen=seen, difference=told, areas=areas, against=against,
        details={"against": against.name if against else "", "total": told["total"]},
    )  # fmt: skip
    delivery.parts.all().delete()
    DifferencePart.objects.bulk_create(part_rows(delivery, found), batch_size=200)
    return delivery


def before_it(delivery: RedlineDelivery) -> RedlineVersion | None:
    """The version this one would replace."""
    found = redline_as_of(delivery.valid_from)
    return None if found == delivery.version_of else found


def below_floor(
    delivery: RedlineDelivery, areas: dict, against: RedlineVersion | None
) -> list[dict]:
    """Divisions whose redline would lie below their floor; demo data are held against none.

    Those of the version, of the one before it (whose ground may be gone altogether) and of the
    unit count; a version of an earlier day is held against the floors of today as well.
    """
    if delivery.is_demo:
        return []
    own = delivery.owner.division_code
    held = set(delivery.scope_codes)
    if against is not None:
        held |= {c for row in against.polygons.values_list("scope_codes", flat=True) for c in row}
    found = []
    for code, floor in floors_on(max(delivery.valid_from, clock.today())).items():
        has = area_ha(areas, code)
        mine = code in held or (own and code.startswith(own))
        if mine and has < floor["km2"] * HA_PER_KM2:
            short = round(floor["km2"] * HA_PER_KM2 - has, 4)
            found.append({"kind": "below_floor", "county": code, "area_ha": short})
    return found


@transaction.atomic
def accept(delivery: RedlineDelivery, *, by, seen: int | None = None) -> RedlineDelivery:
    """Bring the version into force from its day on; the one before ends, the ledger is written.

    Raises `Blocked` (409.6) with every reason: not compared with what is in force now, ground
    moved out or lowered without an approval that covers it, or the person attached the approval.
    """
    locked(LOCK)
    lock(delivery, seen=seen)
    against = before_it(delivery)
    refuse_unready(delivery, against, by)
    version = delivery.version_of
    version.valid_from, version.valid_to = delivery.valid_from, None
    if against is not None:
        against.valid_to = delivery.valid_from
        against.save(update_fields=["valid_to"])
        for earlier in against.deliveries.filter(state="accepted"):
            move(earlier, "supersede", by=None, details={"by": delivery.number})
    version.save(update_fields=["valid_from", "valid_to"])
    rows = change_rows(delivery, by=by)
    BoundaryChange.objects.bulk_create(rows, batch_size=200)
    move(
        delivery,
        "accept",
        by=by,
        seen=seen,
        details={"changes": len(rows), "areas": delivery.areas},
    )
    measure_markers(version)
    return delivery


def refuse_unready(delivery: RedlineDelivery, against: RedlineVersion | None, by) -> None:
    """Raise `Blocked` with everything that is still in the way."""
    lacking = []
    if delivery.against_id != (against.pk if against else None):
        lacking.append(_("现行版本在比对之后有了变化，请重新比对"))
    later = RedlineVersion.objects.filter(valid_from__gte=delivery.valid_from)
    if (first := later.exclude(pk=delivery.version_of_id).first()) is not None:
        lacking.append(
            _("生效日期 %(day)s 不晚于已生效的版本“%(name)s”（%(since)s）")
            % {"day": delivery.valid_from, "name": first.name, "since": first.valid_from}
        )
    if changed := elsewhere(delivery):
        lacking.append(_("改变了本单位辖区以外的红线：%(places)s") % {"places": "、".join(changed)})
    reasons = [
        *(r for r in delivery.difference.get("reasons", []) if r["kind"] != "below_floor"),
        *below_floor(delivery, delivery.areas, against),  # a floor may have been entered since
    ]
    if reasons and (short := shortfalls(delivery, reasons)):
        lacking += [*(reason_words(r) for r in reasons), *short]
    if is_own(by, delivery):
        lacking.append(OTHER_PERSON % {"who": by.display_name})
    if lacking:
        raise Blocked(*lacking)


def elsewhere(delivery: RedlineDelivery) -> list[str]:
    """The counties outside the owner's division whose ground or polygons the version changes."""
    own = delivery.owner.division_code
    ground = set(delivery.parts.filter(is_sliver=False).values_list("division_code", flat=True))
    found = {code for code in ground if not code.startswith(own)}
    for polygon in delivery.difference.get("polygons", []):
        counties = polygon["counties"]
        if counties and not any(code.startswith(own) for code in counties):
            found.update(counties)
    return sorted(division_name(code) for code in found - {""})


def refuse(
    delivery: RedlineDelivery, *, by, reason: str, seen: int | None = None
) -> RedlineDelivery:
    """Send a delivery back, with the reason."""
    if not reason.strip():
        raise BadForm(_("退回原因：未填写"))
    move(delivery, "refuse", by=by, reason=reason, seen=seen)
    return delivery


@transaction.atomic
def set_floor(*, by, division_code: str, area_km2, valid_from: date, document: str):
    """Enter a floor for a division within the person's own; all faults at once."""
    require(by, "redline.floor")
    faults = []
    if not (division_code.isdigit() and len(division_code) in (2, 4, 6)):
        faults.append(_("行政区划代码“%(code)s”应为 2、4 或 6 位数字") % {"code": division_code})
    elif not division_code.startswith(by.unit.division_code):
        faults.append(_("行政区划代码“%(code)s”不在本单位辖区内") % {"code": division_code})
    if area_km2 <= 0:
        faults.append(_("下限应大于 0"))
    if not document.strip():
        faults.append(_("依据文件：未填写"))
    if faults:
        raise BadForm(*faults)
    made = AreaFloor.objects.create(
        division_code=division_code,
        area_km2=area_km2,
        valid_from=valid_from,
        document=document,
        by=by,
    )
    note("redline.floor", f"division {division_code}", by=by, km2=str(area_km2), document=document)
    return made
