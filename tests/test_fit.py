"""Gradient, fit, judgement and figures: against finite differences, known truth, noise, and plain Python."""

import math
from collections import defaultdict

import numpy as np
import pytest
from learners import DAY, TRUTH, W, a_log, random_histories, random_parameters

from srs import tuning
from srs.memory import fit as fitting
from srs.memory import model
from srs.memory.fit import fit
from srs.memory.gradient import Objective
from srs.memory.judge import compare, quality, split
from srs.memory.log import collect
from srs.memory.metrics import auc, losses, rmse_of_bins
from srs.memory.replay import histories, replay
from srs.parameters import DEFAULTS, HIGHEST, LOWEST


@pytest.fixture(scope="module")
def known():
    return a_log(11, 8000)


# --- gradient


@pytest.mark.parametrize("seed", range(4))
def test_the_gradient_is_that_of_finite_differences(seed):
    random = np.random.default_rng(seed)
    card, day, rating = random_histories(random, 150)
    objective, w = Objective.of(histories(card, day, rating), random.random(len(card))), random_parameters(random)
    loss, slope = objective.gradient(w)
    assert loss == pytest.approx(objective.loss(w), rel=1e-12)
    for place in range(21):
        step = np.zeros(21)
        step[place] = 1e-6 * max(abs(w[place]), 1e-3)
        numeric = (objective.loss(w + step) - objective.loss(w - step)) / (2 * step[place])
        assert slope[place] == pytest.approx(numeric, rel=1e-4, abs=1e-3), place


# --- fit


def test_a_fit_recovers_the_memory_that_made_the_log(known):
    """Single parameters may stand in for each other; what they predict may not be off."""
    found = model.vector(fit(known).parameters)
    at, given = known.judged.at, known.given
    true, fitted, default = (replay(w, given).recall[at] for w in (np.array(TRUTH), found, W))
    assert np.abs(fitted - true).mean() < 0.015
    assert np.abs(fitted - true).mean() < np.abs(default - true).mean() / 2
    assert found[2] == pytest.approx(TRUTH[2], rel=0.2)
    recalled = known.judged.recalled
    assert losses(fitted, recalled).mean() <= losses(true, recalled).mean() + 1e-3


def test_a_fit_is_the_same_each_time_and_from_wherever_it_starts(known):
    first, again = fit(known), fit(known)
    assert first == again
    elsewhere = fit(known, start=tuning.Parameters(tuple(random_parameters(np.random.default_rng(5)).tolist())))
    at = known.judged.at
    one, other = (replay(model.vector(f.parameters), known.given).recall[at] for f in (first, elsewhere))
    assert np.abs(one - other).max() < 0.02


def test_parameters_stay_within_their_bounds_whatever_the_log():
    for rating in (1, 3, 4):
        card = np.repeat(np.arange(60), 6)
        rows = [(c, d * DAY, d, rating, d == 0) for c, d in zip(card.tolist(), [*range(0, 600, 100)] * 60, strict=True)]
        values = fit(collect(rows)).parameters.values
        assert all(low <= value <= high for low, value, high in zip(LOWEST, values, HIGHEST, strict=True))


def test_of_few_answers_nothing_is_fitted_and_of_some_only_the_initial_stabilities():
    few, some, many = a_log(1, 40, days=60), a_log(2, 100, days=120, same_day=0.5), a_log(3, 400)
    assert (fit(few).fitted, fit(few).parameters) == ("nothing", DEFAULTS)
    found = fit(some)
    assert found.fitted == "initial stabilities"
    assert found.parameters.values[4:] == DEFAULTS.values[4:]
    assert found.parameters.values[:4] != DEFAULTS.values[:4]
    assert fit(many).fitted == "all parameters"


def test_the_less_is_known_the_nearer_a_fit_is_to_the_defaults():
    off = [np.abs(model.vector(fit(a_log(4, number)).parameters) - W)[4:].sum() for number in (200, 1000, 5000)]
    assert off == sorted(off)


def test_newer_answers_weigh_more_and_what_follows_an_odd_wait_nothing(known):
    weight = fitting.weights(known)
    at = known.judged.at
    order = np.argsort(known.when[at], kind="stable")
    counted = weight[at][order]
    kept = counted[counted > 0]
    assert kept[-1] == pytest.approx(1)
    assert kept[0] < 0.4
    assert np.all(np.diff(kept) >= 0)
    rows = [(card, day * DAY, day, 3, day == 0) for card in range(99) for day in (0, 5, 20)]
    rows += [(99, day * DAY, day, 3, day == 0) for day in (0, 200, 250)]
    assert fitting.weights(collect(rows))[-3:].tolist() == [0, 0, 0]


def test_progress_is_told_and_ctrl_c_ends_a_fit(known):
    told = []
    fit(known, step=told.append)
    assert len(told) > 3
    assert told[-1] < told[0]

    def interrupt(_loss):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(known, step=interrupt)


# --- the gate


def test_a_learner_unlike_the_defaults_gets_a_fit(known):
    found = tuning.optimize(known, tuning.defaults())
    assert found.accepted
    assert found.parameters == found.fit.parameters
    assert found.verdict.after < found.verdict.before


@pytest.mark.parametrize("seed", range(3))
def test_a_learner_like_the_defaults_gets_none(seed):
    found = tuning.optimize(a_log(seed, 1000, truth=DEFAULTS.values), tuning.defaults(), seed=seed)
    assert not found.accepted
    assert found.parameters == DEFAULTS


def test_the_gate_refuses_what_is_better_by_chance_only():
    """Predictions of pure noise, compared in pairs: as often better as not, and accepted seldom."""
    log = a_log(8, 2000)
    held = split(log, from_share=0.6, parts=3)
    random = np.random.default_rng(0)
    base = np.full(len(held.at), 0.88)
    verdicts = [
        compare(held, base, np.clip(base + random.normal(0, 0.03, len(base)), 0.01, 0.99), seed) for seed in range(60)
    ]
    assert sum(verdict.better for verdict in verdicts) <= 6


def test_what_is_in_force_is_judged_only_by_answers_since_it_was_fitted(known):
    newest = int(known.when.max())
    force = tuning.InForce(fit(known).parameters, own=True, since=newest)
    found = tuning.optimize(known, force)
    assert not found.accepted
    assert "since the last fit" in found.reason
    assert found.parameters == force.parameters


def test_a_deck_is_judged_against_a_fit_of_the_whole_collection():
    whole = a_log(9, 1500)
    force = tuning.InForce(fit(whole).parameters, since=int(whole.when.max()))
    found = tuning.optimize(whole, force, rival=whole)
    assert not found.accepted, "the deck is the whole collection: the fits are the same"
    assert found.verdict.before == found.verdict.after


def test_answers_are_held_out_by_time_and_predicted_only_from_what_came_before(known):
    held = split(known, from_share=0.7, parts=3)
    assert len(held.cuts) == 3
    assert np.all(known.when[held.at] >= held.cuts[0])
    for number, cut in enumerate(held.cuts):
        assert known.until(cut).when.max() < known.when[held.at[held.part == number]].min()


# --- figures


def by_hand(log, recall):
    """Log loss, RMSE (bins) and AUC by loops over plain numbers, from the definitions of srs-benchmark."""
    bins, lost, right, wrong = defaultdict(list), [], [], []
    at = dict(zip(log.judged.at.tolist(), recall.tolist(), strict=True))
    number = lapses = 0
    for row in range(len(log)):
        if log.begins[row] or row == 0 or log.card[row] != log.card[row - 1]:
            number, lapses = 1, 0
            continue
        wait = int(log.day[row] - log.day[row - 1])
        if wait < 1:
            continue
        number += 1
        recalled, p = log.rating[row] > 1, at.pop(row)
        cell = (
            round(2.48 * 3.62 ** math.floor(math.log(wait) / math.log(3.62)), 2),
            round(1.99 * 1.89 ** math.floor(math.log(number) / math.log(1.89))),
            round(1.65 * 1.73 ** math.floor(math.log(lapses) / math.log(1.73))) if lapses else 0,
        )
        bins[cell].append((recalled, p))
        lost.append(-math.log(p if recalled else 1 - p))
        (right if recalled else wrong).append(p)
        lapses += not recalled
    assert not at
    total = sum(map(len, bins.values()))
    square = sum(len(b) * (sum(r for r, _ in b) / len(b) - sum(p for _, p in b) / len(b)) ** 2 for b in bins.values())
    pairs = sum((r > w) + (r == w) / 2 for r in right for w in wrong)
    return sum(lost) / total, math.sqrt(square / total), pairs / len(right) / len(wrong)


def test_log_loss_rmse_and_auc_are_those_of_their_definitions():
    log = a_log(5, 1500)
    recall = replay(W, log.given).recall[log.judged.at]
    log_loss, rmse, area = by_hand(log, recall)
    assert losses(recall, log.judged.recalled).mean() == pytest.approx(log_loss, rel=1e-9)
    assert rmse_of_bins(recall, log.judged.recalled, log.judged.cell) == pytest.approx(rmse, rel=1e-9)
    assert auc(recall, log.judged.recalled) == pytest.approx(area, rel=1e-9)


def test_a_figure_lies_within_its_bounds_and_these_narrow_as_answers_come(known):
    def found(log):
        held = split(log, from_share=0.2, parts=1)
        return quality(held, held.predicted([np.array(TRUTH)]), 0)

    many, few = found(known), found(a_log(6, 600))
    for figure in (many.log_loss, many.rmse_bins, many.auc):
        assert figure.low <= figure.value <= figure.high
    assert many.log_loss.high - many.log_loss.low < few.log_loss.high - few.log_loss.low
    assert sum(band.answers for band in many.calibration) == len(split(known, from_share=0.2, parts=1).at)
    for band in many.calibration:
        assert abs(band.predicted - band.recalled) < 4 * math.sqrt(0.25 / band.answers)


def test_predictions_without_a_single_failure_have_no_auc():
    rows = [(card, day * DAY, day, 3, day == 0) for card in range(50) for day in (0, 5, 20)]
    held = split(collect(rows), from_share=0.0, parts=1)
    assert quality(held, held.predicted([W]), 0).auc is None


def test_a_card_that_was_reset_begins_anew():
    rows = [(1, 0, 0, 3, True), (1, DAY, 1, 1, False), (1, 9 * DAY, 9, 3, True), (1, 12 * DAY, 12, 3, False)]
    log = collect(rows)
    assert log.judged.at.tolist() == [1, 3]
    assert replay(W, log.given).recall[3] == model.retrievability(W, np.array([3.0]), W[2:3])[0]
