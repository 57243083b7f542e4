import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.labels import matching
from orangecontrib.microplastics.labels.check import Rule, check_labels
from orangecontrib.microplastics.spectra.axis import uniform_grid
from orangecontrib.microplastics.spectra.preprocess import standardized

BANDS = {
    "A": (720, 1468, 2848, 2916), "B": (841, 1167, 1375, 1454, 2951),
    "C": (754, 1028, 1493, 1601, 3026), "D": (874, 1099, 1246, 1716),
}


def spectra(names, rng, wavenumbers=None):
    """Absorbance of particles: bands of their own heights, a slope and noise."""
    w = uniform_grid(600, 3800, 6) if wavenumbers is None else wavenumbers
    rows = []
    for name in names:
        row = rng.uniform(0, .3) + rng.normal(0, .2) * (w - 2000) / 2000
        for band in BANDS[name]:
            row = row + rng.uniform(.7, 1.3) * np.exp(-.5 * ((w - band) / 14) ** 2)
        rows.append(rng.uniform(.3, 2) * row + rng.normal(0, .002, len(w)))
    return w, np.array(rows).reshape(len(names), len(w))


def table(true, called, rng, values=None, wavenumbers=None, **metas):
    w, X = spectra(true, rng, wavenumbers)
    values = values or sorted(set(called))
    variables = [StringVariable(m) if m == "source" else
                 DiscreteVariable(m, values=tuple(sorted(set(v)))) for m, v in metas.items()]
    domain = Domain([ContinuousVariable(f"{v:g}") for v in w],
                    DiscreteVariable("polymer", values=tuple(values)), variables)
    M = np.empty((len(true), len(metas)), object)
    for i, (variable, column) in enumerate(zip(variables, metas.values(), strict=True)):
        M[:, i] = [v if variable.is_string else variable.values.index(v) for v in column]
    y = [values.index(c) if c else np.nan for c in called]
    return Table.from_numpy(domain, X, np.array(y, float), M)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def planted(rng):
    """60 spectra, six of them with a wrong label."""
    true = ["A", "B", "C"] * 20
    called = list(true)
    for i, wrong in {0: "B", 7: "A", 14: "A", 30: "C", 31: "C", 44: "B"}.items():
        called[i] = wrong
    return true, called, table(true, called, rng)


def wrong(true, called):
    return np.array([t != c for t, c in zip(true, called, strict=True)])


def test_planted_labels_are_found_with_references_on_another_axis(planted, rng):
    true, called, data = planted
    names = ["A", "B", "C", "D"] * 6
    references = table(names, names, rng, wavenumbers=np.arange(500, 4001, 2.5)[::-1])
    check = check_labels(data, references)
    assert check.mode == "reference" and check.unchecked == ()
    np.testing.assert_array_equal(check.verdict.doubtful, wrong(true, called))
    found = check.verdict.doubtful
    assert check.suspected_names()[found].tolist() == np.array(true)[found].tolist()
    # Nothing was changed in the data.
    assert data.domain.metas == ()


def test_neighbours_find_them_without_references(planted):
    true, called, data = planted
    check = check_labels(data)
    assert check.mode == "neighbours"
    np.testing.assert_array_equal(check.verdict.doubtful, wrong(true, called))


def test_near_duplicates_do_not_vouch_for_each_other(rng):
    """Twenty repeats of one mislabelled particle agree with each other; others disagree."""
    true = ["A", "B"] * 15
    data = table(true, true, rng)
    repeats = np.repeat(spectra(["A"], rng)[1], 20, axis=0) + rng.normal(0, .0005, (20, 534))
    more = Table.from_numpy(data.domain, repeats, np.ones(20))
    check = check_labels(Table.concatenate([data, more]))
    assert check.verdict.doubtful.tolist() == [False] * 30 + [True] * 20
    # The same with a meta that names the source, however similar the spectra are.
    names = ["A", "B"] * 15 + ["A"] * 5
    called = ["A", "B"] * 15 + ["B"] * 5
    sources = [f"s{i}" for i in range(30)] + ["one"] * 5
    with_meta = check_labels(table(names, called, rng, source=sources))
    assert with_meta.verdict.doubtful.tolist() == [False] * 30 + [True] * 5
    blind = check_labels(table(names, called, rng, source=[f"s{i}" for i in range(35)]))
    assert not blind.verdict.doubtful.all() and blind.verdict.own[30:].min() > .9


def test_other_studies_are_the_witnesses(rng):
    """Mistakes of a study that agree with each other are detected only with another study."""
    true = ["A", "B"] * 20
    called = ["A", "B"] * 10 + ["B" if i < 8 else t for i, t in enumerate(true[20:])]
    study = ["good"] * 20 + ["bad"] * 20
    data = table(true, called, rng, study=study)
    check = check_labels(data)
    assert check.mode == "studies"
    # "good" has no mistakes, but the wrong labels of "bad" may contradict its labels.
    np.testing.assert_array_equal(check.verdict.doubtful[20:], wrong(true, called)[20:])
    alone = check_labels(table(true[20:], called[20:], rng, study=["bad"] * 20))
    assert alone.mode == "neighbours"
    assert not alone.verdict.doubtful[:8:2].all()


def test_classes_without_reference_are_left_alone(rng):
    names = ["A", "B", "D"] * 5
    data = table(names, names, rng)
    references = table(["A", "B", "C"], ["A", "B", "C"], rng)
    check = check_labels(data, references)
    assert check.unchecked == ("D",)
    assert check.verdict.checked.tolist() == [True, True, False] * 5
    assert not check.verdict.doubtful.any()
    assert np.isnan(check.verdict.own[2]) and check.verdict.other[2] > -1


def test_few_references_do_not_show_what_a_class_looks_like(rng):
    """Rule "own" needs enough references, rule "margin" does not."""
    data = table(["A", "D", "B"], ["A", "A", "A"], rng, values=["A", "B"])
    few = check_labels(data, table(["A", "B", "B"], ["A", "B", "B"], rng))
    assert few.verdict.doubtful.tolist() == [False, False, True]
    many = check_labels(data, table(["A"] * 3 + ["B"], ["A"] * 3 + ["B"], rng))
    assert many.verdict.doubtful.tolist() == [False, True, True]
    assert check_labels(data, table(["A"] * 3 + ["B"], ["A"] * 3 + ["B"], rng),
                        Rule(enough=4)).verdict.doubtful.tolist() == [False, False, True]


def test_rule_by_hand():
    best = np.array([[.80, .84], [.80, .86], [.50, .56], [.40, .59], [.65, .30], [np.nan, .9]])
    count = np.full(best.shape, 5)
    count[5] = 0, 5

    def doubtful(**kwargs):
        return matching.judge(best, count, np.zeros(6, int), Rule(**kwargs)).doubtful.tolist()

    assert doubtful(own=-1) == [False, True, False, False, False, False]
    assert doubtful(own=-1, margin=.03) == [True, True, False, False, False, False]
    assert doubtful(own=-1, floor=.55) == [False, True, True, True, False, False]
    assert doubtful() == [False, True, True, True, True, False]
    assert doubtful(own=.45) == [False, True, False, True, False, False]
    unknown = matching.judge(best, count, np.full(6, -1))
    assert not unknown.checked.any() and not unknown.doubtful.any()
    assert unknown.suspected.tolist() == [1, 1, 1, 1, 0, 1]


def test_blocks_agree_with_all_at_once(monkeypatch, rng):
    S, R = (standardized(rng.normal(size=(n, 30))) for n in (50, 40))
    classes = rng.integers(-1, 3, 40)
    keys, ref_keys = rng.integers(0, 4, 50), rng.integers(0, 4, 40)
    best, count = matching.class_matches(S, R, classes, 4, keys=keys, reference_keys=ref_keys)
    r = S @ R.T
    for i in range(50):
        for c in range(4):
            allowed = (classes == c) & (ref_keys != keys[i])
            assert count[i, c] == allowed.sum()
            if allowed.any():
                assert best[i, c] == pytest.approx(r[i, allowed].max(), abs=1e-6)
            else:
                assert np.isnan(best[i, c])
    monkeypatch.setattr(matching, "_BLOCK", 40)
    seen = []
    again, _ = matching.class_matches(S, R, classes, 4, keys=keys, reference_keys=ref_keys,
                                    callback=seen.append)
    np.testing.assert_allclose(again, best, atol=1e-6)
    assert len(seen) > 10 and seen[-1] == 1 and seen == sorted(seen)


def test_sub_classes_count_as_their_parent(rng):
    called = ["HDPE", "LDPE", "B"] * 5
    data = table(["A", "A", "B"] * 5, called, rng)
    references = table(["A", "B"] * 4, ["PE", "B"] * 4, rng)
    check = check_labels(data, references)
    assert check.classes == ("B", "PE") and check.verdict.checked.all()
    assert not check.verdict.doubtful.any()
    apart = check_labels(data, references, same={})
    assert apart.unchecked == ("HDPE", "LDPE")


def test_missing_values_empty_spectra_and_missing_labels(planted):
    true, called, data = planted
    data = data.copy()
    with data.unlocked():
        data.X[:, 300:340] = np.nan
        data.X[5] = np.nan
        data.X[6] = 1
        data.Y[8] = np.nan
    verdict = check_labels(data).verdict
    expected = wrong(true, called)
    rest = np.setdiff1d(np.arange(60), [5, 6, 8])
    np.testing.assert_array_equal(verdict.doubtful[rest], expected[rest])
    assert not verdict.checked[[5, 6, 8]].any() and not verdict.doubtful[[5, 6, 8]].any()


def test_annotated_data(planted):
    true, called, data = planted
    data.name = "planted"
    check = check_labels(data)
    out = check.annotate(data)
    assert [m.name for m in out.domain.metas] == ["suspected class", "r own class",
                                                  "r other class", "doubtful"]
    assert out.name == "planted" and out.domain.attributes == data.domain.attributes
    assert (out.ids == data.ids).all()
    np.testing.assert_array_equal(out.get_column("doubtful") == 1, wrong(true, called))
    np.testing.assert_allclose(out.get_column("r own class"), check.verdict.own)
    # Names of metas do not clash when annotated data are checked again.
    twice = check_labels(out).annotate(out)
    assert len({m.name for m in twice.domain.metas}) == 8


def test_callback_can_stop_it(planted):
    class Stop(Exception):
        pass

    def stop(_):
        raise Stop

    with pytest.raises(Stop):
        check_labels(planted[2], callback=stop)
    seen = []
    check_labels(planted[2], callback=seen.append)
    assert len(seen) > 1 and seen == sorted(seen) and seen[-1] == 1


def test_bad_input_is_refused_in_words(planted, rng):
    data = planted[2]
    unlabelled = data.transform(Domain(data.domain.attributes))
    with pytest.raises(ValueError, match="need one class"):
        check_labels(unlabelled)
    with pytest.raises(ValueError, match="Reference data need one class"):
        check_labels(data, unlabelled)
    with pytest.raises(ValueError, match="with one class"):
        check_labels(table(["A"] * 4, ["A"] * 4, rng))
    with pytest.raises(ValueError, match="No class of the data has a reference.*hold A, B, C"):
        check_labels(data, table(["D"] * 4, ["D"] * 4, rng))
    with pytest.raises(ValueError, match="share too little"):
        check_labels(data, table(["A", "B"] * 2, ["A", "B"] * 2, rng,
                                 wavenumbers=np.arange(3750, 4200, 2.)))
    with pytest.raises(ValueError, match="no wavenumbers"):
        check_labels(Table("iris"))
    with pytest.raises(ValueError, match="no spectra"):
        check_labels(data[:0])
    with pytest.raises(ValueError, match="No spectrum of the data has a label"):
        check_labels(table(["A", "B"], ["", ""], rng, values=["A", "B"]))


def test_axes_without_polymer_regions_are_compared_whole(rng):
    near_infrared = np.arange(4100, 8000, 10.)
    grid, part = matching.shared_grid(near_infrared, step=10)
    assert part[4:-4].all() and not part[:4].any()
    grid, part = matching.shared_grid(np.arange(600, 4000, 2.))
    assert set(np.flatnonzero(np.diff(part.astype(int)) != 0)) and not part[grid > 3100].any()
    assert not part[(grid > 1850) & (grid < 2700)].any()


@pytest.mark.skipif(not all(map(datasets.is_available, (
    "villegas_camacho_2024_c8", "kedzierski_2019", "jung_2018"))),
    reason="the published spectra have not been fetched")
def test_published_mistakes_are_found():
    """Mistakes that chemists found by hand in Villegas-Camacho; counts as in DATA.md."""
    data = datasets.load("villegas_camacho_2024_c8")
    references = datasets.join([datasets.load("kedzierski_2019"), datasets.load("jung_2018")])
    check = check_labels(data, references)
    doubtful = check.verdict.doubtful
    called = np.array(data.domain.class_var.values)[data.Y.astype(int)]
    suspected = check.suspected_names()
    assert ((called == "PS") & (suspected == "PP") & doubtful).sum() == pytest.approx(100, abs=5)
    assert ((called == "PVC") & (suspected == "PS") & doubtful).sum() == pytest.approx(100, abs=5)
    assert ((called == "HDPE") & (suspected == "PS") & doubtful).sum() == pytest.approx(25, abs=3)
    assert doubtful.sum() == pytest.approx(291, abs=10)
    # From inside the set the same mistakes vouch for each other.
    assert check_labels(data).verdict.doubtful.sum() < 20
    # The set's own marks are these, and 50 polystyrenes with the bands of ABS.
    assert len(datasets.load("villegas_camacho_2024_c8", doubtful="drop")) \
        == len(data) - doubtful.sum() - 50
