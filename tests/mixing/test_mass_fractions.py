"""Fractions of mass: mixtures of sources whose absorptivities are given."""
import pickle
from dataclasses import replace

import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.mixing import Mixer, Mixing, count, mix

AXIS = np.arange(700, 1901, 8.)
CLEAN = {"baseline": (), "noise": 0}
NAMES = ("PE", "PP", "PS", "PVC")


def sources(names=NAMES, gains=(1., 5., .3, 2.)):
    """One noiseless spectrum of each class; a gain is undone by the scaling."""
    X = [gain * (np.exp(-.5 * ((AXIS - 800 - 250 * i) / (15 + 10 * i)) ** 2)
                 + .5 * np.exp(-.5 * ((AXIS - 900 - 200 * i) / 12) ** 2))
         for i, gain in enumerate(gains[:len(names)])]
    domain = Domain([ContinuousVariable(f"{w:g}") for w in AXIS],
                    DiscreteVariable("polymer", names))
    return Table.from_numpy(domain, np.array(X), np.arange(len(names), dtype=float))


def size(spectrum, ratio):
    """Root mean square of the absorbance, or of its slope over 16 cm-1."""
    return np.sqrt(np.mean((spectrum[2:] - spectrum[:-2]) ** 2)) if ratio == "derivative" \
        else np.sqrt(np.mean(spectrum ** 2))


def masses(table, names):
    return np.column_stack([table.get_column(f"fraction {name}") for name in names]).astype(float)


@pytest.mark.parametrize("ratio", ["absorbance", "derivative"])
def test_mixture_is_what_those_masses_absorb(ratio):
    """Simulate the measurement: spectra of unit mass, weighted by mass, add up."""
    data, a = sources(), {"PE": 2., "PVC": .25}
    strengths = np.array([a.get(name, 1.) for name in NAMES])
    X = data.X - data.X.min(axis=1, keepdims=True)
    of_unit_mass = X / np.array([size(x, ratio) for x in X])[:, None] * strengths[:, None]
    out = mix(data, 400, components=(2, 3, 4), ratio=ratio, absorptivities=a, smallest=.05,
              **CLEAN)
    absorbed = masses(out, NAMES) @ of_unit_mass
    # The mixture's height is arbitrary: each is scaled to the sum of its components' signal.
    absorbed /= (masses(out, NAMES) @ strengths)[:, None]
    scale = (out.X * absorbed).sum(axis=1) / (absorbed ** 2).sum(axis=1)
    np.testing.assert_allclose(scale, scale[0], rtol=1e-4)
    np.testing.assert_allclose(out.X, scale[0] * absorbed, atol=1e-4)


def test_masses_are_recovered_from_two_noiseless_sources():
    data, a = sources(NAMES[:2]), {"PE": 3., "PP": .5}
    plain = mix(data, 200, pure=False, **CLEAN)
    out = mix(data, 200, pure=False, absorptivities=a, **CLEAN)
    scaled = Mixer(data, Mixing(**CLEAN)).spectra.astype(float)
    signal = np.linalg.lstsq(scaled.T, out.X.T, rcond=None)[0].T
    mass = signal / [3., .5]
    np.testing.assert_allclose(mass / mass.sum(axis=1, keepdims=True), masses(out, NAMES[:2]),
                               atol=1e-4)
    # The fractions drawn are the same; the spectra hold more of PE.
    np.testing.assert_array_equal(masses(out, NAMES[:2]), masses(plain, NAMES[:2]))
    assert (signal[:, 0] > masses(out, NAMES[:2])[:, 0] + .05).all()


def test_limits_and_ratios_are_of_mass():
    data, a = sources(NAMES[:2]), {"PE": 10.}
    m = masses(mix(data, 500, pure=False, smallest=.2, absorptivities=a), NAMES[:2])
    assert m.min() >= .2 - 1e-6 and m.min() < .21 and m.max() > .79
    m = masses(mix(data, 9, pure=False, fractions=((.25, .75),), absorptivities=a), NAMES[:2])
    np.testing.assert_allclose(m, [[.25, .75]] * 9)
    # The main component is that of the larger mass, though its signal is the smaller.
    main = mix(data, 9, pure=False, fractions=((.25, .75),), absorptivities=a, target="main")
    assert {str(row.get_class()) for row in main} == {"PP"}


def test_picture_and_table_agree():
    data = sources()
    mixer = Mixer(data, Mixing(components=4, pure=False, fractions=((.1, .2, .3, .4),),
                               absorptivities={"PE": 4., "PS": .5}, **CLEAN))
    drawn, row = mixer.draw(3), mixer.table(1, 3)
    np.testing.assert_allclose(drawn.fractions, [.1, .2, .3, .4], rtol=1e-6)
    # 0.1 * 4, 0.2 * 1, 0.3 * 0.5, 0.4 * 1
    np.testing.assert_allclose(drawn.signal, np.array([.4, .2, .15, .4]) / 1.15, rtol=1e-6)
    np.testing.assert_allclose([size(x, "absorbance") for x in drawn.components], drawn.signal,
                               rtol=1e-5)
    np.testing.assert_allclose(masses(row, NAMES)[0], drawn.fractions, rtol=1e-6)
    np.testing.assert_allclose(row.X[0], drawn.spectrum, atol=1e-6)
    arrays, _ = mixer.arrays(1, 3)
    np.testing.assert_allclose(arrays[0], drawn.spectrum, atol=1e-6)


def test_fractions_say_what_they_are_of():
    data = sources()
    for settings, of in (({}, "absorbance"), ({"ratio": "derivative"}, "derivative"),
                         ({"absorptivities": {"PE": 2}}, "mass"),
                         ({"absorptivities": {"PE": 1}, "ratio": "derivative"}, "mass"),
                         ({"absorptivities": {}}, "absorbance")):
        assert mix(data, 20, **settings).attributes["fractions of"] == of
        drawn = Mixer(data, Mixing(**settings)).draw()
        assert drawn.fraction_of == of
        if of != "mass":
            np.testing.assert_array_equal(drawn.signal, drawn.fractions)


def test_pure_spectra_are_whole_whatever_their_absorptivity():
    data = sources()
    plain = mix(data, 8, components=1, **CLEAN)
    for strong in (1e-300, 1e-3, 7., 1e300):
        out = mix(data, 8, components=1, absorptivities={"PE": strong}, **CLEAN)
        np.testing.assert_array_equal(out.X, plain.X)
    # Where one absorbs far more than the other, it is all that is seen.
    faint = mix(data, 8, classes=NAMES[:2], pure=False, absorptivities={"PE": 1e300, "PP": 1e-300},
                **CLEAN)
    assert np.isfinite(faint.X).all()
    np.testing.assert_allclose(faint.X, np.tile(Mixer(data).spectra[0], (8, 1)), atol=1e-6)


def test_equal_absorptivities_change_nothing_but_the_name():
    data = sources()
    plain = mix(data, 100, components=(2, 3))
    equal = mix(data, 100, components=(2, 3), absorptivities=dict.fromkeys(NAMES, 7.))
    np.testing.assert_allclose(equal.X, plain.X, atol=1e-5)
    np.testing.assert_array_equal(equal.metas[:, :4], plain.metas[:, :4])


def test_settings_can_be_compared_hashed_replaced_and_pickled():
    one = Mixing(absorptivities={"PP": 2, "PE": .5})
    two = Mixing(absorptivities={"PE": .5, "PP": np.float64(2)})
    assert one == two and hash(one) == hash(two) and one != Mixing()
    assert dict(one.absorptivities) == {"PE": .5, "PP": 2.}
    assert replace(one, noise=.1).absorptivities == one.absorptivities
    assert pickle.loads(pickle.dumps(one)) == one
    given = {"PE": 2.}
    mixing = Mixing(absorptivities=given)
    given["PE"] = 9.
    assert dict(mixing.absorptivities) == {"PE": 2.}


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "2", None])
def test_absorptivities_must_be_positive_numbers(value):
    with pytest.raises(ValueError, match='absorptivity of "PP" must be a positive number'):
        Mixing(absorptivities={"PE": 1, "PP": value})


def test_absorptivity_of_an_unknown_class_is_refused():
    data = sources()
    for make in (mix, count):
        with pytest.raises(ValueError, match='"HDPE".* none of the classes: PE, PP, PS, PVC'):
            make(data, 100, absorptivities={"PE": 2, "HDPE": 2})
    # A class that is not mixed may have one.
    out = mix(data, 30, classes=["PE", "PS"], absorptivities={"PE": 2, "PP": 2})
    assert "fraction PP" not in out.domain


def test_up_to_four_components():
    data = sources((*NAMES, "PA"), (1., 5., .3, 2., 1.))
    out = mix(data, 300, components=(1, 2, 3, 4), smallest=.05)
    assert len(out.domain.class_var.values) == 5 + 10 + 10 + 5 == count(
        data, components=(1, 2, 3, 4))[0]
    m = masses(out, sorted((*NAMES, "PA")))
    assert sorted(set((m > 0).sum(axis=1))) == [1, 2, 3, 4]
    np.testing.assert_allclose(m.sum(axis=1), 1, atol=1e-6)
    assert m[m > 0].min() >= .05 - 1e-6
