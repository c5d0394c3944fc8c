"""Many dates: a break is dated and grows sure, a closed site recovers, a quiet year stays quiet."""

import json
from datetime import date, timedelta

import numpy as np
import pytest

from ecoredline.change.history import STATES, History, fit
from ecoredline.errors import InputError, NotEnoughData, SourceError

START = date(2022, 1, 1)


def season(day: date) -> float:
    return 0.55 + 0.2 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 200) / 365.25)


def series(count: int, shape=(4, 5), seed=1):
    random = np.random.default_rng(seed)
    days = [START + timedelta(days=12 * k) for k in range(count)]
    return np.array([season(d) + random.normal(0, 0.03, shape) for d in days]), days


@pytest.fixture
def watched():
    """A history of two years, then one more year in which pixel (0, 0) is cleared at date 70."""
    images, days = series(100)
    images[70:85, 0, 0] = 0.15
    images[75, 1, 1] = 0.1  # a cloud that was missed
    images[72, 0, 0] = np.nan
    return fit(images[:60], days[:60]), images, days


def test_a_break_is_dated_and_its_confidence_rises_with_repetition(watched):
    state, images, days = watched
    sure = []
    for k in range(60, 78):
        state.update(images[k], days[k])
        sure.append(state.report()["confidence"][0, 0])
    found = state.report()
    assert date.fromordinal(int(found["changed_on"][0, 0])) == days[70]
    assert found["direction"][0, 0] == -1
    rising = sure[10:]
    assert (np.diff(rising) >= 0).all()
    assert rising[0] < 0.2
    assert rising[-1] > 0.95
    assert STATES[found["state"][0, 0]] == "changed"
    assert found["changed_on"][1, 1] == 0, "one odd date is no change"


def test_a_site_that_was_closed_recovers(watched):
    state, images, days = watched
    states = []
    for k in range(60, 100):
        state.update(images[k], days[k])
        states.append(STATES[state.report()["state"][0, 0]])
    assert [s for i, s in enumerate(states) if i == 0 or s != states[i - 1]] == [
        "stable", "suspected", "changed", "recovering", "recovered",
    ]  # fmt: skip


def test_a_saved_state_goes_on_as_if_never_stopped(watched, tmp_path):
    state, images, days = watched
    other, _ = fit(images[:60], days[:60]), None
    for k in range(60, 90):
        state.update(images[k], days[k])
        other.update(images[k], days[k])
        if k == 73:
            other = History.load(other.save(tmp_path / "state.npz"))
    one, two = state.report(), other.report()
    assert all((one[name] == two[name]).all() for name in one)
    (tmp_path / "state.npz").write_bytes(b"no")
    with pytest.raises(SourceError, match="wanted a state of"):
        History.load(tmp_path / "state.npz")


def test_days_that_do_not_rise_and_short_histories_are_refused(watched):
    state, images, days = watched
    with pytest.raises(InputError, match="wanted a day after"):
        state.update(images[59], days[59])
    with pytest.raises(NotEnoughData, match="8 dates"):
        fit(images[:7], days[:7])


@pytest.mark.real
def test_in_a_real_quiet_year_three_agreeing_dates_are_rare(shared_data):
    """The study's harmonic model flagged 90, 47 and 12 % of these pixels once, twice, three times."""
    folder = shared_data / "sentinel2-series" / "TestEOPatch"
    ndvi = np.load(folder / "data" / "NDVI.npy")[..., 0].astype(float)
    ndvi[~np.load(folder / "mask" / "IS_VALID.npy")[..., 0]] = np.nan
    text = json.loads((folder / "timestamps.json").read_text("utf-8"))
    days = [date.fromisoformat(t[:10]) for t in text]
    kept = [k for k in range(len(days)) if k == 0 or days[k] > days[k - 1]]
    past = [k for k in kept if days[k].year < 2017]
    state = fit(ndvi[past], [days[k] for k in past])
    most = np.zeros(state.run.shape, int)
    for k in kept[len(past) :]:
        most = np.maximum(most, np.abs(state.update(ndvi[k], days[k]).run))
    seen = np.isfinite(state.noise)
    shares = [float((most >= n)[seen].mean()) for n in (1, 2, 3)]
    assert shares[0] <= 0.90
    assert shares[1] <= 0.47
    assert shares[2] <= 0.12
