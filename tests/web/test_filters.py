"""A filter either selects or is refused: no value of the address breaks the page."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecoredline.web.core.problems import BadFilter
from ecoredline.web.patches.filters import AREA_LIMIT_HA, PatchFilter

pytestmark = pytest.mark.django_db
NAMES = ("county", "activity", "problem", "channel", "zone", "min_area", "q", "sort")
NONSENSE = (
    "NaN", "sNaN", "inf", "-Infinity", "1e-20000", "1e-999999999", "1e999999999", "1e99999999999999999999",
    "-0", "0e999999", "0x10", "1_0", "٥١", "５", "9" * 4000, "0." + "0" * 5000 + "1", "\0", "a\0b",
    "%", "_", "\\", "'", "\ud7ff", "𠮷" * 101, "--area_ha", "-", "patch_id__in", "[]", "{}",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_any_filter_is_answered_with_200_or_422(as_person, run, name, value):
    client = as_person("ministry_analyst")
    got = client.get(reverse("patches_geojson", args=[run.pk]) + "?" + urlencode({name: value}))
    assert got.status_code in (200, 422)
    assert got.status_code == 200 or got.json()["code"] in ("422.3", "422.4")


@given(
    query=st.dictionaries(
        st.sampled_from(NAMES),
        st.text(st.characters(codec="utf-8"), max_size=12)
        | st.decimals().map(str)
        | st.floats().map(str)
        | st.sampled_from(NONSENSE),
        min_size=1,
    )
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_database_can_answer_every_filter_that_is_read(run, query):
    try:
        chosen = PatchFilter.read(query)
    except BadFilter:
        return
    assert 0 <= len(chosen.apply(run.patches.all())) <= 7


@given(value=st.decimals(0, 10**6, allow_nan=False, places=9))
@settings(max_examples=50)
def test_the_least_area_selects_the_same_four_decimal_areas(value):
    least = PatchFilter(min_area=str(value)).least_ha
    assert least.as_tuple().exponent == -4
    assert value <= least < value + Decimal("0.0001")
    assert least <= AREA_LIMIT_HA


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "٣"])
def test_a_run_number_that_cannot_be_is_not_found(as_person, run, number):
    client = as_person("ministry_analyst")
    for address in (f"/runs/{number}/", f"/runs/{number}/annex-1.xlsx", f"/runs/{number}/patches/",
                    f"/patches/{number}/", f"/tiles/{number}/3/1/1.png", f"/jobs/{number}/progress/"):  # fmt: skip
        assert client.get(address).status_code == 404, address
