"""The forecast is checked against hand arithmetic and against its own definition."""

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.suggestions import forecast as fc

MONDAY = datetime(2025, 1, 6, tzinfo=UTC)
SAME_SLOT = 25.0466  # .030 + .003 + .008 + .0016 + .004 + 25

amounts = st.floats(0, 1e7)
moments = st.datetimes(
    datetime(2010, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)
)


def posted(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def learned(posts: list[tuple[float, float]]) -> fc.SlotModel:
    model = fc.SlotModel()
    for hours, engagement in posts:
        model.add(posted(hours), engagement, timezone="UTC")
    return model


def arrays(**filled: dict[int, float]) -> list[np.ndarray]:
    columns = np.zeros((3, fc.SLOTS))
    for column, name in zip(columns, "nsq", strict=True):
        for slot, value in filled.get(name, {}).items():
            column[slot] = value
    return list(columns)


# Slots


@pytest.mark.parametrize(
    ("at", "timezone", "slot"),
    [
        ("2025-01-06T00:00:00Z", "UTC", 0),
        ("2025-01-12T23:59:59Z", "UTC", 167),
        # Berlin, spring: 02:00 to 03:00 does not happen
        ("2025-03-30T00:59:59Z", "Europe/Berlin", 6 * 24 + 1),
        ("2025-03-30T01:00:00Z", "Europe/Berlin", 6 * 24 + 3),
        # Berlin, autumn: 02:00 to 03:00 happens twice
        ("2025-10-26T00:30:00Z", "Europe/Berlin", 6 * 24 + 2),
        ("2025-10-26T01:30:00Z", "Europe/Berlin", 6 * 24 + 2),
        ("2025-10-26T02:00:00Z", "Europe/Berlin", 6 * 24 + 3),
        # New York: the same hour by the clock is another hour of UTC in summer
        ("2025-03-09T06:59:00Z", "America/New_York", 6 * 24 + 1),
        ("2025-03-09T07:00:00Z", "America/New_York", 6 * 24 + 3),
        ("2025-01-15T14:00:00Z", "America/New_York", 2 * 24 + 9),
        ("2025-07-16T13:00:00Z", "America/New_York", 2 * 24 + 9),
        # Lord Howe changes by half an hour: 01:30 to 02:00 happens twice
        ("2025-04-05T14:45:00Z", "Australia/Lord_Howe", 6 * 24 + 1),
        ("2025-04-05T15:15:00Z", "Australia/Lord_Howe", 6 * 24 + 1),
        ("2025-04-05T15:30:00Z", "Australia/Lord_Howe", 6 * 24 + 2),
        ("2025-10-04T15:29:00Z", "Australia/Lord_Howe", 6 * 24 + 1),
        ("2025-10-04T15:30:00Z", "Australia/Lord_Howe", 6 * 24 + 2),
        # Kathmandu is 5:45 ahead
        ("2025-01-06T18:14:00Z", "Asia/Kathmandu", 23),
        ("2025-01-06T18:15:00Z", "Asia/Kathmandu", 24),
    ],
)
def test_a_slot_is_the_local_weekday_and_hour(at, timezone, slot):
    assert fc.slot_of(datetime.fromisoformat(at), timezone) == slot


def test_a_naive_time_and_an_unknown_zone_are_refused():
    with pytest.raises(ValueError, match="no timezone"):
        fc.slot_of(datetime(2025, 1, 6), "UTC")
    with pytest.raises(ZoneInfoNotFoundError):
        fc.slot_of(MONDAY, "Europe/Atlantis")


# Terms


def test_a_first_post_is_its_own_baseline():
    assert fc.next_baseline(fc.Baseline(), 3.0) == (3.0, fc.Baseline(3.0, 1.0))


def test_a_baseline_halves_a_posts_say_after_twenty_posts():
    _, state = fc.next_baseline(fc.Baseline(), 1.0)
    for _ in range(20):
        _, state = fc.next_baseline(state, 0.0)
    assert state.total == pytest.approx(0.5)
    geometric = sum(2 ** (-i / 20) for i in range(21))
    assert fc.next_baseline(state, 9.0)[0] == pytest.approx(0.5 / geometric)


def test_terms_are_weight_residual_and_square():
    entry = fc.Entry(5, fc.REFERENCE + timedelta(days=180), y=3.0, baseline=1.5)
    assert fc.terms(entry) == pytest.approx((4.0, 6.0, 9.0))


@pytest.mark.parametrize(("y", "residual"), [(9.0, 2.5), (0.0, -2.5), (4.0, -1.0)])
def test_a_residual_is_clipped(y, residual):
    entry = fc.Entry(0, fc.REFERENCE, y=y, baseline=5.0)
    assert fc.terms(entry) == (1.0, residual, residual**2)


def test_ninety_days_halve_what_is_stored():
    assert fc.decay_at(fc.REFERENCE) == 1.0
    assert fc.decay_at(fc.REFERENCE + timedelta(days=90)) == 0.5


@pytest.mark.parametrize("engagement", [-1, math.nan, math.inf])
def test_an_impossible_engagement_is_refused_and_changes_nothing(engagement):
    model = learned([(0, 10)])
    before = np.array(model.sums)
    with pytest.raises(ValueError, match="engagement"):
        model.add(MONDAY, engagement, timezone="UTC")
    with pytest.raises(ValueError, match="engagement"):
        model.edit(0, engagement)
    assert np.array_equal(before, np.array(model.sums))
    assert len(model.entries) == 1


def test_a_time_centuries_away_is_refused_and_changes_nothing():
    model = fc.SlotModel()
    with pytest.raises(ValueError, match="too far"):
        model.add(datetime(9999, 1, 1, tzinfo=UTC), 1, timezone="UTC")
    assert not np.array(model.sums).any()
    assert not model.entries
    assert not model.baselines


# The prior


@pytest.mark.parametrize(
    ("a", "b", "covariance"),
    [
        (0, 0, SAME_SLOT),
        (0, 24, 25 + 0.030 + 0.008),  # Monday and Tuesday, same hour
        (0, 120, 25 + 0.030),  # Monday and Saturday, same hour
        (120, 144, 25 + 0.030 + 0.008),  # both of the weekend
        (0, 12, 25 + 0.003 + 0.0396 * math.exp(-2 / 1.44)),  # half a day apart
        (0, 6, 25 + 0.003 + 0.0396 * math.exp(-1 / 1.44)),
        (9, 24 + 15, 25 + 0.038 * math.exp(-1 / 1.44)),
        (
            0,
            23,
            25 + 0.003 + 0.0396 * math.exp(-2 * math.sin(math.pi / 24) ** 2 / 1.44),
        ),
    ],
)
def test_the_prior_is_as_documented(a, b, covariance):
    prior = fc.prior_covariance()
    assert prior[a, b] == prior[b, a] == pytest.approx(covariance, abs=1e-12)


def test_the_prior_is_built_once_and_cannot_be_changed():
    assert fc.prior_covariance() is fc.prior_covariance()
    with pytest.raises(ValueError, match="read-only"):
        fc.prior_covariance()[0, 0] = 1


def test_without_posts_every_slot_is_average_at_even_odds():
    found = fc.effects(fc.posterior(*arrays()))
    assert np.array_equal(found.effect, np.zeros(fc.SLOTS))
    assert found.confidence == pytest.approx(50)
    assert np.all(found.sd > 0.05)
    assert fc.posterior(*arrays()).noise == pytest.approx(0.8)


# The posterior


def test_one_post_moves_the_mean_by_hand_arithmetic():
    result = fc.posterior(*arrays(n={0: 1}, s={0: 0.6}, q={0: 0.36}))
    assert result.mean[0] == pytest.approx(SAME_SLOT / (SAME_SLOT + 1) * 0.6)
    assert result.mean[120] == pytest.approx(25.030 / (SAME_SLOT + 1) * 0.6)
    assert result.covariance[0, 0] == pytest.approx(SAME_SLOT / (SAME_SLOT + 1))
    assert result.noise == pytest.approx(0.8)
    assert result.mix[0] == pytest.approx(1.001 / 1.168)


def test_noise_is_the_spread_within_slots_over_its_freedom():
    # residuals 1 and -1 in one slot, 0.5 in another, each of weight 1
    result = fc.posterior(*arrays(n={3: 2, 9: 1}, s={9: 0.5}, q={3: 2, 9: 0.25}))
    assert result.noise == pytest.approx((8 + 2) / (10 + 3 - 2))


def test_decay_scales_all_three_sums():
    n, s, q = arrays(n={3: 2, 9: 1}, s={3: 0.2, 9: 0.5}, q={3: 2, 9: 0.25})
    early, late = fc.posterior(n, s, q, 0.5), fc.posterior(n / 2, s / 2, q / 2)
    assert np.array_equal(early.mean, late.mean)
    assert early.noise == late.noise


def brute_force(slots, weights, residuals):
    """Condition the Gaussian process on every single observation."""
    prior = fc.prior_covariance()
    gram = prior[np.ix_(slots, slots)] + np.diag(1 / weights)
    mean = prior[:, slots] @ np.linalg.solve(gram, residuals)
    covariance = prior - prior[:, slots] @ np.linalg.solve(gram, prior[slots])
    own = [slots == slot for slot in range(fc.SLOTS)]
    n = np.array([weights[mine].sum() for mine in own])
    spread = sum(
        weights[mine]
        @ (residuals[mine] - np.average(residuals[mine], weights=weights[mine])) ** 2
        for mine in own
        if mine.any()
    )
    noise = (8 + spread) / (10 + n.sum() - np.minimum(n, 1).sum())
    return mean, covariance, noise, n


@pytest.mark.parametrize(("posts", "seed"), [(1, 1), (2, 2), (40, 3), (700, 4)])
def test_the_sums_say_what_all_observations_say(posts, seed):
    rng = np.random.default_rng(seed)
    slots = rng.integers(0, fc.SLOTS, posts)
    weights = 2.0 ** -rng.uniform(0, 6, posts)
    residuals = rng.uniform(-2.5, 2.5, posts)
    mean, covariance, noise, n = brute_force(slots, weights, residuals)
    s, q = (
        np.bincount(slots, weights * residuals**power, fc.SLOTS) for power in (1, 2)
    )
    result = fc.posterior(n, s, q)
    assert result.mean == pytest.approx(mean, abs=1e-9)
    assert result.covariance == pytest.approx(covariance, abs=1e-8)
    assert result.noise == pytest.approx(noise)

    found = fc.effects(result)
    contrast = np.eye(fc.SLOTS) - (n + 1e-3) / (n + 1e-3).sum()
    variance = noise * np.diag(contrast @ covariance @ contrast.T)
    assert found.effect == pytest.approx(contrast @ mean, abs=1e-9)
    assert found.sd == pytest.approx(np.sqrt(variance), abs=1e-6)


def test_effects_follow_from_effect_and_deviation():
    found = fc.effects(fc.posterior(*arrays(n={9: 30}, s={9: 15}, q={9: 20})))
    effect, sd = found.effect[10], found.sd[10]
    assert found.score[10] == pytest.approx(effect - 0.5 * sd)
    odds = 0.5 * (1 + math.erf(effect / sd / math.sqrt(2)))
    assert found.confidence[10] == pytest.approx(100 * odds)
    assert found.lift[10] == pytest.approx(math.exp(effect) - 1)
    assert found.low[10] == pytest.approx(math.exp(effect - 1.28155 * sd) - 1, rel=1e-4)
    assert found.high[10] == pytest.approx(
        math.exp(effect + 1.28155 * sd) - 1, rel=1e-4
    )


@given(
    st.lists(
        st.tuples(
            st.integers(0, 167),
            st.floats(0, 1e12),
            st.floats(-2.5, 2.5),
            st.floats(0, 1),
        ),
        max_size=40,
    )
)
@settings(deadline=None, max_examples=60)
def test_any_sums_give_finite_forecasts_within_bounds(filled):
    n, s, q = arrays()
    for slot, weight, mean, spread in filled:
        n[slot], s[slot] = weight, weight * mean
        q[slot] = weight * (mean**2 + spread)
    found = fc.effects(fc.posterior(n, s, q))
    assert np.isfinite([found.effect, found.score, found.high]).all()
    assert np.all((found.confidence >= 0) & (found.confidence <= 100))
    assert np.all((found.low < found.lift) & (found.lift < found.high))
    assert np.all(found.low > -1)
    assert np.all((found.confidence - 50) * found.effect >= 0)


def test_what_subtractions_leave_behind_does_no_harm():
    n, s, q = arrays(n={1: 1e-17, 2: -1e-12, 9: 5}, s={1: 1e-9, 2: 1e-12, 9: 1})
    q[9] = 3
    dusty = fc.effects(fc.posterior(n, s, q))
    n[[1, 2]] = s[[1, 2]] = 0
    assert dusty.effect == pytest.approx(fc.effects(fc.posterior(n, s, q)).effect)


# Sense


def test_better_posts_raise_a_slot():
    worse = fc.effects(fc.posterior(*arrays(n={9: 5, 60: 5}, s={9: 1}, q={9: 4})))
    better = fc.effects(fc.posterior(*arrays(n={9: 5, 60: 5}, s={9: 2}, q={9: 4})))
    assert better.effect[9] > worse.effect[9] > 0 > worse.effect[60]
    assert better.confidence[9] > worse.confidence[9] > 50


def test_more_posts_of_the_same_mean_weigh_more():
    found = []
    for n in (1, 4, 16, 64):
        # the spread within both slots is .75, whatever the number of posts
        sums = arrays(n={9: n, 60: 99}, s={9: n / 2}, q={9: n, 60: 99 * 0.75})
        found.append(fc.effects(fc.posterior(*sums)))
    effects = [each.effect[9] for each in found]
    assert effects == sorted(effects)
    deviations = [each.sd[9] for each in found]
    assert deviations == sorted(deviations, reverse=True)


def test_neighbours_share_in_a_slots_success_by_nearness():
    n = dict.fromkeys(range(fc.SLOTS), 1.0)
    found = fc.effects(fc.posterior(*arrays(n=n, s={33: 2}, q={33: 4})))
    same, next_hour, next_day, weekend = found.effect[[33, 34, 57, 129]]
    assert same > next_hour > next_day > weekend


def test_one_viral_post_does_not_beat_thirty_good_ones():
    posts = [(9 + 168 * week, 100) for week in range(30)]
    posts += [(20 + 24 + 168 * week, 160) for week in range(30)]
    model = learned([*sorted(posts), (60 + 168 * 30, 1_000_000)])
    rows = model.forecast(posted(168 * 31))
    assert 0 < rows[60].effect < 0.15
    assert rows[44].effect > rows[60].effect
    assert rows[44].confidence > rows[60].confidence


def test_a_real_rhythm_is_found():
    rng = np.random.default_rng(7)
    model = fc.SlotModel()
    for hours in np.sort(rng.integers(0, 24 * 180, 900)).tolist():
        evening = 0.7 if 18 <= hours % 24 <= 21 else 0.0
        y = 4 + evening + rng.normal(0, 0.9)
        model.add(posted(hours), math.expm1(max(y, 0)), timezone="UTC")
    rows = model.forecast(posted(24 * 180))
    ranked = sorted(range(168), key=lambda i: rows[i].effect - rows[i].sd / 2)
    assert {slot % 24 for slot in ranked[-5:]} <= {18, 19, 20, 21}
    assert all(rows[slot].confidence > 90 for slot in ranked[-5:])
    assert sum(row.sample_size for row in rows) == 900


def test_success_is_drawn_towards_the_overall_rate():
    rates = fc.success_rate(np.array([0, 0, 90]), np.array([0, 1, 90]), 0.9)
    assert rates == pytest.approx([0.9, 9 / 11, 0.99])


def test_expected_engagement_is_level_times_lift_and_never_negative():
    expected = fc.expected_engagement(math.log1p(99), np.array([0.0, 0.1, -9.0]))
    assert expected == pytest.approx([99, 100 * math.exp(0.1) - 1, 0])


# The model in memory


def test_an_empty_model_forecasts_168_even_rows():
    rows = fc.SlotModel().forecast(MONDAY)
    assert len(rows) == 168
    effect, sd, confidence, expected, sample_size = rows[0]
    assert (effect, expected, sample_size) == (0, 0, 0)
    assert confidence == pytest.approx(50)
    assert sd > 0


def test_each_channel_has_its_own_baseline():
    model = fc.SlotModel()
    for hours in range(20):
        model.add(posted(hours), 10, timezone="UTC", channel="small")
        model.add(posted(hours), 10_000, timezone="UTC", channel="large")
    assert np.abs(model.sums.s).max() == pytest.approx(0)
    middle = (math.log1p(10) + math.log1p(10_000)) / 2
    assert model.level() == pytest.approx(middle)


def test_an_edit_changes_only_its_own_post():
    model = learned([(0, 10), (1, 20), (2, 30)])
    before = dict(model.entries)
    model.edit(1, 25)
    assert model.entries[1].y == math.log1p(25)
    assert model.entries[1].baseline == before[1].baseline
    assert [model.entries[key] for key in (0, 2)] == [before[0], before[2]]


def test_an_emptied_slot_is_exactly_zero():
    model = learned([(5 + 168 * week, 10 * week) for week in range(50)])
    for key in list(model.entries):
        model.remove(key)
    assert not np.array(model.sums).any()


def test_an_unknown_key_is_refused():
    model = learned([(0, 10)])
    model.remove(0)
    with pytest.raises(KeyError):
        model.remove(0)
    with pytest.raises(KeyError):
        model.edit(0, 5)


@given(
    st.lists(st.tuples(moments, amounts, st.sampled_from("ab")), min_size=1),
    st.data(),
)
@settings(deadline=None)
def test_edits_and_removals_equal_a_rebuild(posts, data):
    model, absolute = fc.SlotModel(), np.zeros((3, fc.SLOTS))

    def count(key):
        entry = model.entries[key]
        absolute[:, entry.slot] += np.abs(fc.terms(entry))

    for at, engagement, channel in sorted(posts):
        count(model.add(at, engagement, timezone="Europe/Berlin", channel=channel))
    for _ in range(data.draw(st.integers(0, 30))):
        if not model.entries:
            break
        key = data.draw(st.sampled_from(sorted(model.entries)))
        if data.draw(st.booleans()):
            model.remove(key)
        else:
            model.edit(key, data.draw(amounts))
            count(key)
    fresh = fc.rebuild(model.entries.values())
    for kept, again, scale in zip(model.sums, fresh, absolute, strict=False):
        assert np.all(np.abs(kept - again) <= 1e-9 * scale)
    assert np.array_equal(model.sums.posts, fresh.posts)


def test_the_reference_moment_does_not_matter():
    models = [fc.SlotModel(), fc.SlotModel(t_ref=MONDAY - timedelta(days=4000))]
    for model in models:
        for hours in range(0, 5000, 37):
            model.add(posted(hours), hours % 11, timezone="Asia/Kathmandu")
    ours, theirs = (np.array(model.forecast(posted(5000))) for model in models)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_old_knowledge_fades_towards_the_prior():
    posts = [(9 + 168 * week, 100) for week in range(20)]
    posts += [(60 + 168 * week, 200) for week in range(20)]
    model = learned(sorted(posts))
    end = posted(168 * 20)
    rows = [
        model.forecast(end + timedelta(days=days))[60] for days in (0, 180, 720, 7200)
    ]
    effects = [row.effect for row in rows]
    assert effects == sorted(effects, reverse=True)
    assert effects[-1] == pytest.approx(0, abs=1e-6)
    assert rows[-1].confidence == pytest.approx(50, abs=0.01)
    assert {row.sample_size for row in rows} == {20}


def test_it_runs_without_django():
    code = "import sys, scheduling.suggestions.forecast; print('django' in sys.modules)"
    root = Path(fc.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
