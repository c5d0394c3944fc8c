"""What lies inside the redline of a row's own area: made from the shape, with the version it used."""

from datetime import date

import shapely
from django.utils.translation import gettext as _

from ecoredline.ledger import Book, same_shape
from ecoredline.ledger.declare import INSIDE, VERSION
from ecoredline.web.ledgers.queries import as_geos
from ecoredline.web.redlines.measuring import inside_of
from ecoredline.web.regions.models import RedlineVersion
from ecoredline.web.regions.queries import redline_for

DECIMALS = range(5)


def measured_inside(shape, day: date) -> tuple[float, RedlineVersion | None]:
    """Hectares of an area inside the redline of a day near it, as an admission check has them, and the version."""
    version = redline_for(shape.bounds, day)
    return inside_of(as_geos(shape), version)[0], version


def with_inside(book: Book, values: dict, shape, day: date, held: tuple | None = None) -> dict:
    """The values with what the book has made from the shape, by the version in force on the day.

    `held` is (values, shape) of the state before: while shape and number stay, so does what was
    made then, unless something else changes. A number that was told and is another one raises
    `ValueError`; where no version speaks for the place, or the row has no area, it is kept.
    """
    area, name = book.made(INSIDE), book.made(VERSION)
    if not area:
        return values
    values = {k: v for k, v in values.items() if k != name}
    if shape is None or shapely.get_dimensions(shape) < 2:
        return values
    told = values.get(area)
    if held and told in (None, held[0].get(area)) and same_shape(shape, held[1]):
        kept = {k: held[0][k] for k in (area, name) if k in held[0]}
        if values | kept == held[0]:
            return values | kept
    hectares, version = measured_inside(shape, day)
    if version is None:
        return values
    is_new = told is not None and not (held and told == held[0].get(area))
    if is_new and told not in {round(hectares, n) for n in DECIMALS}:
        said = _(
            "填报的%(column)s %(told)s 与图形按红线版本“%(version)s”算得的 %(made)s 不一致：请留空由平台计算，或修正图形"
        )
        raise ValueError(said % {
            "column": book.column(area).label(), "told": told, "version": version.name,
            "made": f"{hectares:.4f}"})  # fmt: skip
    return values | {area: hectares, name: version.name}
