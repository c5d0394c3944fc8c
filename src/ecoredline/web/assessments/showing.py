"""What charts and map are given: block scores, grades as steps, places as GeoJSON."""

import json

from ecoredline.effectiveness import RuleSet
from ecoredline.effectiveness.rules import grade_steps
from ecoredline.web.assessments.models import Assessment
from ecoredline.web.assessments.places import version_in
from ecoredline.web.assessments.spoken import spoken
from ecoredline.web.core.problems import NotFound
from ecoredline.web.regions.models import Division, RedlinePolygon

SIMPLIFY_DEGREES = 5e-5


def profile_of(rules: RuleSet, found: list[dict]) -> dict:
    """Block scores of every place, for radar and bars."""
    return {
        "blocks": [spoken(b) for b in rules.blocks.values()],
        "places": [
            {"name": e["unit_zh"], "total": e["total"], "scores": [e["blocks"].get(b) for b in rules.blocks]}
            for e in found
        ],
        "steps": [g | {"zh": spoken(g["zh"])} for g in grade_steps(rules)],
    }  # fmt: skip


def outlines_of(person, row: Assessment, codes: list[str]) -> dict[str, list]:
    """Outlines by place code: boundaries of counties, or the polygons of the version of the year."""
    found: dict[str, list] = {}
    if row.kind == "county":
        rows = Division.objects.filter(code__in=codes)
    else:
        version = version_in(row.year)
        if version is None:
            raise NotFound()
        rows = RedlinePolygon.objects.visible_to(person).filter(version=version, code__in=codes)
    for one in rows:
        found.setdefault(one.code, []).append(one.geom)
    return found


def places_geojson(person, row: Assessment, found: list[dict]) -> dict:
    """The places as features with name, total, grade and colour step; `mark` until the rules are signed."""
    steps = {g["zh"]: g["step"] for g in grade_steps(row.rules.rules)}
    outlines = outlines_of(person, row, [e["unit"] for e in found])
    features = []
    for e in found:
        for geom in outlines.get(e["unit"], ()):
            shape = geom.simplify(SIMPLIFY_DEGREES, preserve_topology=True)
            features.append({
                "type": "Feature", "geometry": json.loads(shape.geojson),
                "properties": {
                    "code": e["unit"], "name": e["unit_zh"], "total": e["total"], "grade": spoken(e["grade"]),
                    "step": steps.get(e["grade"], 0),
                },
            })  # fmt: skip
    return {"type": "FeatureCollection", "mark": row.mark, "features": features}
