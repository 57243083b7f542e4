"""Training: reproducible, can be stopped, and reports its input correctly."""
import threading

import numpy as np
import pytest
import torch

from orangecontrib.microplastics.config import (
    Augmentation,
    DCNetConfig,
    TrainingConfig,
    automatic_epochs,
    batch_count,
)
from orangecontrib.microplastics.nn import training
from orangecontrib.microplastics.nn.devices import choose_device, threads
from orangecontrib.microplastics.nn.prediction import class_scores, folded, predict
from orangecontrib.microplastics.nn.training import fit

AXIS = np.arange(1000, 1800, 4.)
NETWORK = DCNetConfig(len(AXIS), 3, kernels=(3, 9), widths=(8, 8, 16), second_derivative=False,
                      compression=0.)
TRAINING = TrainingConfig(epochs=3, batch_size=32, threads=1)


def data(n=180, seed=0, noise=.05):
    """Three classes that differ in the position of a band."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    centre = np.array([1200, 1400, 1600])[y] + rng.normal(0, 5, n)
    X = np.exp(-((AXIS - centre[:, None]) / 25) ** 2) * rng.uniform(.5, 2, (n, 1))
    X += rng.normal(0, noise, X.shape) + rng.uniform(-.5, .5, (n, 1))
    return X.astype(np.float32), y


def changed(config=TRAINING, **changes):
    from dataclasses import replace
    return replace(config, **changes)


def weights_of(result):
    return result.network.weights()


def same(a, b):
    return all(np.array_equal(value, weights_of(b)[name])
               for name, value in weights_of(a).items())


@pytest.mark.parametrize("n, size, batches", [
    (6000, 256, 24), (6000, 128, 47), (300, 256, 10), (1000, 256, 10), (100, 256, 6), (60, 256, 3),
    (20, 256, 1),
    (3, 256, 1), (5, 2, 2), (4, 2, 2), (1000, 64, 16)])
def test_small_sets_are_learnt_in_several_batches(n, size, batches):
    assert batch_count(n, size) == batches
    assert n // batches >= 2


def test_the_learning_rate_is_less_for_smaller_batches():
    X, y = data()
    rates = {}
    for size in (30, 90):
        config = changed(epochs=2, batch_size=size, learning_rate=.01)
        rates[size] = max(e.learning_rate for e in fit(X, y, AXIS, NETWORK, config).history)
    # 180 spectra: ten batches of 18, whatever the batch size.
    assert rates[30] == pytest.approx(3 * rates[90]) and rates[30] < .01 * 18 / 30


def test_spectra_distorted_together_keep_their_classes(monkeypatch):
    X, y = data(noise=.01)
    results = []
    for together in (1, 64, 1024):
        monkeypatch.setattr(training, "_DISTORTED_AT_ONCE", together)
        results.append(fit(X, y, AXIS, NETWORK, changed(epochs=12)))
    for result in results:
        assert result.history[-1].accuracy > .9
    # Random numbers differ: they are drawn for all spectra that are distorted together.
    assert not same(results[0], results[2])


class TestLearning:
    def test_learns_and_predicts(self):
        X, y = data(240)
        result = fit(X, y, AXIS, NETWORK, changed(epochs=10, augmentation=None))
        test, actual = data(150, seed=1)
        probabilities = predict([result.network], test)
        assert (probabilities.argmax(1) == actual).mean() > .95
        np.testing.assert_allclose(probabilities.sum(1), 1)
        assert result.history[-1].loss < result.history[0].loss

    def test_average_of_networks(self):
        X, y = data()
        nets = [fit(X, y, AXIS, NETWORK, changed(seed=s)).network for s in (1, 2)]
        each = [predict([net], X) for net in nets]
        np.testing.assert_allclose(predict(nets, X), (each[0] + each[1]) / 2, atol=1e-12)

    def test_predictions_do_not_depend_on_batches(self):
        X, y = data()
        net = fit(X, y, AXIS, NETWORK, TRAINING).network
        np.testing.assert_allclose(predict([net], X, batch_size=7), predict([net], X), atol=1e-5)

    def test_predictions_do_not_depend_on_threads(self):
        X, y = data()
        nets = [fit(X, y, AXIS, NETWORK, TRAINING).network]
        found = []
        for n in (1, 2, 3):
            with threads(n):
                found.append(class_scores(nets, np.repeat(X, 3, axis=0), batch_size=16))
                assert torch.get_num_threads() == n
        np.testing.assert_array_equal(found[0], found[1])
        np.testing.assert_array_equal(found[0], found[2])

    def test_networks_are_made_ready_once(self):
        nets = folded([fit(*data(), AXIS, NETWORK, TRAINING).network])
        assert folded(nets)[0] is nets[0]

    def test_an_error_in_a_thread_is_not_lost(self):
        nets = [fit(*data(), AXIS, NETWORK, TRAINING).network]
        with threads(2), pytest.raises(RuntimeError):
            class_scores(nets, np.zeros((64, 3), np.float32), batch_size=16)

    def test_history(self):
        X, y = data()
        history = fit(X, y, AXIS, NETWORK, TRAINING).history
        assert [e.epoch for e in history] == [1, 2, 3]
        for e in history:
            assert e.loss > 0 and 0 <= e.accuracy <= 1 and e.learning_rate > 0 and e.seconds > 0
            assert np.isnan(e.validation_loss) and np.isnan(e.validation_accuracy)
        # One cycle: up, then down.
        assert history[1].learning_rate > history[0].learning_rate

    def test_length_chosen_by_amount(self):
        assert automatic_epochs(100) == 40 and automatic_epochs(10**6) == 5
        assert 5 < automatic_epochs(6000) < 40
        X, y = data(30)
        assert len(fit(X, y, AXIS, NETWORK, changed(epochs=None)).history) == 40

    def test_result_is_ready_to_use(self):
        X, y = data()
        net = fit(X, y, AXIS, NETWORK, TRAINING).network
        assert not net.training and net.dropout.generator is None
        assert all(p.device.type == "cpu" and p.grad is None for p in net.parameters())

    @pytest.mark.parametrize("n, batch", [(5, 2), (33, 32), (3, 64)])
    def test_odd_sizes(self, n, batch):
        X, y = data(n)
        result = fit(X, y % 3, AXIS, NETWORK, changed(batch_size=batch))
        assert all(np.isfinite(w).all() for w in weights_of(result).values())


class TestRepeatable:
    def test_bit_identical(self):
        X, y = data()
        assert same(fit(X, y, AXIS, NETWORK, TRAINING), fit(X, y, AXIS, NETWORK, TRAINING))

    def test_seed_and_augmentation_matter(self):
        X, y = data()
        a = fit(X, y, AXIS, NETWORK, TRAINING)
        assert not same(a, fit(X, y, AXIS, NETWORK, changed(seed=1)))
        assert not same(a, fit(X, y, AXIS, NETWORK, changed(augmentation=None)))
        assert not same(a, fit(X, y, AXIS, NETWORK,
                               changed(augmentation=Augmentation.scaled(.5))))

    def test_beside_another_torch_job(self):
        X, y = data()
        alone = fit(X, y, AXIS, NETWORK, TRAINING)
        stop, other = threading.Event(), []

        def disturb():
            while not stop.is_set():
                torch.manual_seed(len(other))
                torch.dropout(torch.rand(64, 64) @ torch.rand(64, 64), .5, True)
                other.append(1)

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            beside = fit(X, y, AXIS, NETWORK, TRAINING)
            # And two fits at once.
            results = []
            second = threading.Thread(
                target=lambda: results.append(fit(X, y, AXIS, NETWORK, TRAINING)))
            second.start()
            third = fit(X, y, AXIS, NETWORK, TRAINING)
            second.join()
        finally:
            stop.set()
            thread.join()
        assert other, "the other job never ran"
        assert same(alone, beside) and same(alone, third) and same(alone, results[0])

    def test_host_state_untouched(self):
        X, y = data()
        before = torch.get_rng_state(), np.random.get_state()[1].copy(), torch.get_num_threads()
        fit(X, y, AXIS, NETWORK, TRAINING)
        assert torch.equal(torch.get_rng_state(), before[0])
        np.testing.assert_array_equal(np.random.get_state()[1], before[1])
        assert torch.get_num_threads() == before[2]
        assert torch.is_grad_enabled()


class TestCallback:
    def test_progress(self):
        X, y = data()
        seen = []
        history = fit(X, y, AXIS, NETWORK, TRAINING, callback=seen.append).history
        fractions = [p.fraction for p in seen]
        assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1)
        assert len(seen) == 3 * 10
        assert [p.epoch for p in seen[::10]] == [1, 2, 3]
        assert seen[0].finished is None and seen[-1].finished == history[1]
        assert all(np.isfinite(p.loss) and 0 <= p.accuracy <= 1 for p in seen)

    def test_watching_changes_nothing(self):
        X, y = data()
        assert same(fit(X, y, AXIS, NETWORK, TRAINING),
                    fit(X, y, AXIS, NETWORK, TRAINING, callback=lambda p: None))

    def test_cancel_within_a_batch(self):
        class Cancelled(Exception):
            pass

        X, y = data()
        calls = []

        def callback(progress):
            calls.append(progress)
            if len(calls) == 2:
                raise Cancelled

        state, threads = torch.get_rng_state(), torch.get_num_threads()
        with pytest.raises(Cancelled):
            fit(X, y, AXIS, NETWORK, TRAINING, callback=callback)
        assert len(calls) == 2
        assert torch.get_num_threads() == threads and torch.equal(torch.get_rng_state(), state)
        # The next fit is not affected.
        assert same(fit(X, y, AXIS, NETWORK, TRAINING), fit(X, y, AXIS, NETWORK, TRAINING))


class TestValidation:
    def test_best_epoch_is_restored(self):
        X, y = data(noise=1.2)
        held = np.arange(len(y)) % 4 == 0
        config = changed(epochs=12, learning_rate=.05, augmentation=None, patience=1.)
        result = fit(X, y, AXIS, NETWORK, config, held=held)
        losses = [e.validation_loss for e in result.history]
        p = predict([result.network], X[held])
        now = -np.log(p[np.arange(held.sum()), y[held]]).mean()
        assert now == pytest.approx(min(losses), rel=1e-3)
        assert losses[-1] > min(losses), "the case must overfit to show anything"

    def test_stops_early(self):
        X, y = data()
        held = np.arange(len(y)) % 4 == 0
        wrong = y.copy()
        # Held-out labels contradict the others: the better the fit, the worse the validation.
        wrong[held] = (y[held] + 1) % 3
        history = fit(X, wrong, AXIS, NETWORK, changed(epochs=40, patience=.1), held=held).history
        assert len(history) < 40

    def test_held_spectra_are_not_learned_from(self):
        X, y = data()
        held = np.arange(len(y)) % 4 == 0
        other = X.copy()
        other[held] = np.random.default_rng(0).random(other[held].shape)
        once = changed(epochs=1)
        assert same(fit(X, y, AXIS, NETWORK, once, held=held),
                    fit(other, y, AXIS, NETWORK, once, held=held))

    def judged(self, **changes):
        """Validation figures after an epoch, with the data to recalculate them.

        Weights differ, and class 0 is much rarer in the validation spectra than in the others.
        """
        X, y = data(noise=1.)
        held = np.arange(len(y)) % 4 == 0
        keep = ~held | (y > 0) | (np.arange(len(y)) < 25)
        X, y, held = X[keep], y[keep], held[keep]
        weights = np.random.default_rng(0).uniform(.1, 3, len(y))
        weights[y == 1] *= 5
        config = changed(epochs=1, augmentation=None, learning_rate=.1, **changes)
        result = fit(X, y, AXIS, NETWORK, config, held=held, weights=weights)
        return (result.history[0].validation_loss, result.history[0].validation_accuracy,
                predict([result.network], X[held]), y[held], weights[held])

    def test_is_weighted(self):
        loss, accuracy, p, y, w = self.judged()
        losses, right = -np.log(p[np.arange(len(y)), y]), p.argmax(axis=1) == y
        assert loss == pytest.approx(np.average(losses, weights=w), rel=1e-4)
        assert accuracy == pytest.approx(np.average(right, weights=w), rel=1e-4)
        assert abs(losses.mean() - loss) > .01 * loss, "weights must matter in the case"

    def test_each_class_alike_where_asked(self):
        loss, accuracy, p, y, w = self.judged(balance=True)
        losses, right = -np.log(p[np.arange(len(y)), y]), p.argmax(axis=1) == y
        of_classes = [[np.average(v[y == c], weights=w[y == c]) for c in range(3)]
                      for v in (losses, right)]
        assert (loss, accuracy) == pytest.approx(np.mean(of_classes, axis=1), rel=1e-4)
        assert abs(np.average(losses, weights=w) - loss) > .003 * loss

    def test_accuracy_in_training_is_weighted_alike(self):
        """Training and validation curves are drawn in one plot, so they must be weighted alike."""
        X, y = data()
        X, wrong = X[y < 2], np.arange((y < 2).sum()) % 2
        weights = np.where(wrong == 0, 1., 1e-6)
        # Half of the spectra have nearly all weight and are of one class, which is soon learnt.
        config = changed(epochs=12, augmentation=None)
        heavy = fit(X, wrong, AXIS, NETWORK, config, weights=weights).history[-1]
        assert heavy.accuracy > .95

    def test_the_best_epoch_is_that_of_the_weighted_loss(self):
        """Contradicting labels with hardly any weight do not stop training."""
        X, y = data()
        held = np.arange(len(y)) % 4 == 0
        wrong = y.copy()
        doubtful = held & (np.arange(len(y)) % 8 == 0)
        wrong[doubtful] = (y[doubtful] + 1) % 3
        config = changed(epochs=12, patience=.1, augmentation=None)
        plain = fit(X, wrong, AXIS, NETWORK, config, held=held).history
        weighted = fit(X, wrong, AXIS, NETWORK, config, held=held,
                       weights=np.where(doubtful, 1e-6, 1.)).history
        assert len(plain) < len(weighted)
        assert weighted[-1].validation_accuracy > .9

    def test_no_weight_at_all_is_refused(self):
        X, y = data()
        held = np.arange(len(y)) % 4 == 0
        for weightless in (held, ~held):
            with pytest.raises(ValueError, match="have weight 0"):
                fit(X, y, AXIS, NETWORK, TRAINING, held=held, weights=1. - weightless)

    def test_nothing_left_to_learn_from(self):
        X, y = data(6)
        with pytest.raises(ValueError, match="Too few"):
            fit(X, y, AXIS, NETWORK, TRAINING, held=np.arange(6) > 0)


class TestWeights:
    def test_weight_zero_is_not_learned_from(self):
        X, y = data()
        mislabelled = np.arange(len(y)) % 3 == 0
        wrong = y.copy()
        wrong[mislabelled] = 1 + np.arange(mislabelled.sum()) % 2
        config = changed(epochs=10, augmentation=None)
        plain = fit(X, wrong, AXIS, NETWORK, config)
        # The spectra of class 0 have weight zero, so their wrong labels 1 and 2 are not learnt.
        weighted = fit(X, wrong, AXIS, NETWORK, config, weights=1. - mislabelled)
        test, actual = data(90, seed=3)
        sure = [predict([r.network], test[actual == 0]).max(1).mean() for r in (plain, weighted)]
        right = [(predict([r.network], test[actual > 0]).argmax(1) == actual[actual > 0]).mean()
                 for r in (plain, weighted)]
        assert right[1] > .9 and right[1] >= right[0]
        assert sure[0] != sure[1]

    def test_doubling_all_weights_changes_nothing(self):
        X, y = data()
        assert same(fit(X, y, AXIS, NETWORK, TRAINING, weights=np.ones(len(y))),
                    fit(X, y, AXIS, NETWORK, TRAINING, weights=np.full(len(y), 2.)))

    def test_balance_goes_on_where_spectra_are_drawn_anew(self):
        """Epochs after the first are balanced as well."""
        X, y = data(300, noise=2.)
        rare = (y != 2) | (np.arange(300) % 30 == 2)
        X, y = X[rare], y[rare]
        config = changed(epochs=6, augmentation=None, balance=True)
        assert same(fit(X, y, AXIS, NETWORK, config),
                    fit(X, y, AXIS, NETWORK, config, redraw=lambda epoch: (X, y)))

    def test_balance_lifts_rare_classes(self):
        X, y = data(600, noise=2.)
        keep = (y != 2) | (np.arange(600) % 60 == 2)
        X, y = X[keep], y[keep]
        test, actual = data(300, seed=5, noise=2.)
        config = changed(epochs=4, augmentation=None)
        found = [(predict([fit(X, y, AXIS, NETWORK, changed(config, balance=b)).network],
                          test).argmax(1) == 2).mean() for b in (False, True)]
        assert found[1] > found[0]


class TestStartFromATrainedNetwork:
    def test_goes_on_from_there(self):
        X, y = data(240)
        trained = fit(X, y, AXIS, NETWORK, changed(epochs=10))
        before = {name: value.copy() for name, value in weights_of(trained).items()}
        # A step so small that the result is what it started from.
        short = changed(epochs=1, learning_rate=1e-6, augmentation=None, seed=7)
        again = fit(X, y, AXIS, NETWORK, short, start=trained.network)
        assert again.history[0].loss < fit(X, y, AXIS, NETWORK, short).history[0].loss / 2
        for name, parameter in again.network.named_parameters():
            np.testing.assert_allclose(parameter.detach().numpy(), before[name], atol=1e-3)
        assert not same(again, trained)
        assert all(np.array_equal(before[name], value)
                   for name, value in weights_of(trained).items()), "it is not changed"

    def test_repeatable(self):
        X, y = data()
        start = fit(X, y, AXIS, NETWORK, TRAINING).network
        first, again, other = (fit(X, y, AXIS, NETWORK, changed(epochs=1, seed=seed), start=start)
                               for seed in (1, 1, 2))
        assert same(first, again) and not same(first, other)


class TestRefusals:
    def test_shapes(self):
        X, y = data(20)
        with pytest.raises(ValueError, match="shapes that do not match"):
            fit(X, y[:-1], AXIS, NETWORK, TRAINING)
        with pytest.raises(ValueError, match="takes 200 wavenumbers"):
            fit(X[:, :150], y, AXIS[:150], NETWORK, TRAINING)

    def test_values(self):
        X, y = data(20)
        X[3, 7] = np.nan
        with pytest.raises(ValueError, match="missing"):
            fit(X, y, AXIS, NETWORK, TRAINING)
        with pytest.raises(ValueError, match="between 0 and 2"):
            fit(data(20)[0], y + 1, AXIS, NETWORK, TRAINING)
        with pytest.raises(ValueError, match="two spectra"):
            fit(data(1)[0], [0], AXIS, NETWORK, TRAINING)

    @pytest.mark.parametrize("settings, text", [
        ({"epochs": 0}, "epoch"), ({"batch_size": 1}, "two"), ({"learning_rate": 0}, "rate")])
    def test_settings(self, settings, text):
        with pytest.raises(ValueError, match=text):
            TrainingConfig(**settings)

    def test_devices(self):
        assert choose_device("cpu").type == "cpu"
        assert choose_device("auto").type in ("cpu", "cuda", "mps")
        with pytest.raises(ValueError, match="not known"):
            choose_device("tpu")
        if not torch.cuda.is_available():
            with pytest.raises(ValueError, match="'cuda' is not available"):
                choose_device("cuda")
