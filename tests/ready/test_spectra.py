"""Published spectra under the names of the ready-made model."""
import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.ready import spectra
from orangecontrib.microplastics.spectra.axis import wavenumbers

published = pytest.mark.skipif(not all(map(datasets.is_available, ready.SETS_USED)),
                               reason="the published spectra are not on this computer")


def labels(table):
    return np.array(table.domain.class_var.values)[table.Y.astype(int)]


@pytest.fixture
def made_up(monkeypatch):
    """Sets of made-up spectra in place of the published ones: labels and curation by name."""
    sets = {
        "first": {"CO": "", "CE": "", "AFL": "", "PS": "nitrile", "PS2": "", "PE": "doubtful"},
        "second": {"PE": "", "PE2": "", "PP": "doubtful", "PP2": "", "PET": "nitrile",
                   "PMMA": "", "XX": ""}}
    n, axis = 4, np.arange(600, 4001, 4)

    def load(name, *, merge_pe=False):
        assert merge_pe
        names = [key.rstrip("2") for key in sets[name] for _ in range(n)]
        if name == "second":
            names[-n] = "PMMA"  # five of it, and three of XX
        values = sorted(set(names))
        metas = [StringVariable("sample"), DiscreteVariable("study", (name,)),
                 DiscreteVariable("environmental", ("no", "yes")), StringVariable("source")]
        samples = [f"{name} {key} {i}" for key in sets[name] for i in range(n)]
        if name == "second":
            samples[0] = "SA_160418_NA_14"
        X = np.random.default_rng(len(name)).random((len(names), len(axis)))
        return Table.from_numpy(
            Domain([ContinuousVariable(str(w)) for w in axis],
                   DiscreteVariable("polymer", values), metas),
            X, np.array([values.index(one) for one in names], float),
            np.array([[sample, 0, 0, sample] for sample in samples], object))

    def derived(name):
        marks = np.array([mark for mark in sets[name].values() for _ in range(n)])
        return {"nitrile": marks == "nitrile", "doubtful": marks != ""}

    monkeypatch.setattr(datasets, "load", load)
    monkeypatch.setattr(spectra, "derived", derived)
    return list(sets)


def counted(table):
    names, counts = np.unique(labels(table), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def test_names_of_made_up_sets(made_up):
    table = ready.table(made_up)
    # One of PE is a spectrum that is not learnt; only polystyrene with nitrile is ABS; XX is no
    # material of the model.
    assert counted(table) == {"ABS": 4, "CE": 8, "PE": 7, "PET": 4, "PMMA": 5, "PP": 4, "PS": 4,
                              "Protein": 4}
    assert set(table.domain.class_var.values) == set(counted(table))
    by_name = dict(zip(map(str, table.get_column("sample")), labels(table), strict=True))
    assert by_name["first CO 0"] == by_name["first CE 0"] == "CE"
    assert by_name["first AFL 0"] == "Protein"
    assert by_name["first PS 0"] == "ABS" and by_name["first PS2 0"] == "PS"
    axis = wavenumbers(table.domain)
    assert (axis[0], axis[-1]) == (700, 3900) and set(np.diff(axis)) == {4}
    assert [meta.name for meta in table.domain.metas] == [
        "sample", "study", "environmental", "source"]
    # Spectra and labels are still those of the same row.
    original = datasets.load("second", merge_pe=True)
    at = list(by_name).index("second PET 2")
    row = [str(s) for s in original.get_column("sample")].index("second PET 2")
    kept = np.isin(wavenumbers(original.domain), axis)
    np.testing.assert_allclose(table.X[at], original.X[row][kept], atol=1e-6)


def test_choices_of_made_up_sets(made_up):
    assert counted(ready.table(made_up, fewest=5)) == {"CE": 8, "PE": 7, "PMMA": 5}
    assert counted(ready.table(made_up, ["PP", "PS"])) == {"PP": 4, "PS": 4}
    every = counted(ready.table(made_up, None, keep_doubtful=["second"]))
    assert every["XX"] == 3 and every["PP"] == 8 and every["PE"] == 7
    assert counted(ready.table(["first"], None, keep_doubtful=["first"]))["PE"] == 4


def test_simulated_tables():
    assert set(spectra.simulated(n=1).domain.class_var.values) == set(ready.MATERIALS)
    natural = spectra.natural(n=1)
    assert not set(natural.domain.class_var.values) & {*ready.MATERIALS, "Biofilm"}
    np.testing.assert_array_equal(natural.X, spectra.natural(n=1).X)
    assert (natural.X != spectra.natural(seed=1, n=1).X).any()


@published
def test_names_are_joined():
    table = ready.table()
    assert set(table.domain.class_var.values) == set(ready.MATERIALS)
    names, samples = labels(table), np.array([str(s) for s in table.get_column("sample")])
    flopp = datasets.load("frond_2021", classes=["CO"], doubtful="drop")
    cotton = np.isin(samples, [str(s) for s in flopp.get_column("sample")])
    assert cotton.sum() == len(flopp) and (names[cotton] == "CE").all()
    study = table.domain["study"]
    of_v = np.array([study.values[int(v)] for v in table.get_column(study)]) \
        == "Villegas-Camacho 2024"
    assert (names[of_v] == "ABS").sum() == 50, "polystyrene with the bands of ABS"
    assert not {"SA_160418_NA_34", "SA_160418_NA_36"} & set(samples)


@published
def test_sets_and_materials():
    table = ready.table(["frond_2021"], ["PE", "PP", "SR"])
    assert table.domain.class_var.values == ("PE", "PP")
    every = ready.table(["frond_2021"], None, keep_doubtful=["frond_2021"], fewest=1)
    assert len(every) == 380 and "SR" in every.domain.class_var.values
