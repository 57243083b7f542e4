import numpy as np
import pytest
from Orange.data import Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.datasets.collection import (
    SIMULATED,
    UNLABELLED,
    Request,
    class_counts,
    class_medians,
    gather,
    keep_classes,
)
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import wavenumbers

FEW = {"polymers": ("PE", "PS"), "n": 4}
needs_sets = pytest.mark.skipif(
    not datasets.is_available("frond_2021"),
    reason="the published sets have not been fetched: choose them in Microplastic Spectra")


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A computer without published sets."""
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))


@pytest.fixture
def published(monkeypatch):
    """A published set of 6 spectra, one doubtful, two from the environment; no files."""
    def load(name, *, merge_pe=False, environmental=None, doubtful="keep", classes=None):
        if name != "frond_2021":
            raise datasets.MissingData(f"{name} has not been fetched yet")
        rows = np.arange(6)
        if environmental is not None:
            rows = rows[(rows >= 4) == environmental]
        if doubtful == "drop":
            rows = rows[rows != 5]
        if not len(rows):
            raise ValueError("No spectrum is left")
        out = table[rows].copy()
        with out.unlocked():
            out.metas[:, 2] = rows >= 4
        out.name = "FLOPP"
        return out

    def count(name, *, environmental=None):
        if name != "frond_2021":
            raise datasets.MissingData(f"{name} has not been fetched yet")
        return {None: datasets.Counts(6, 1), True: datasets.Counts(2, 1),
                False: datasets.Counts(4, 0)}[environmental]

    table = simulate(["PE", "PP"], 3, wavenumbers=np.arange(700., 3000., 2.), seed=9)
    monkeypatch.setattr(datasets, "load", load)
    monkeypatch.setattr(datasets, "count", count)


def test_one_set_keeps_its_wavenumbers(published):
    gathered = gather(Request(("frond_2021",), drop_doubtful=False))
    assert wavenumbers(gathered.data.domain)[1] == 702
    assert len(gathered.data) == 6
    assert gathered.doubtful == {"frond_2021": (1, 6)}


def test_several_sets_share_a_grid(published):
    gathered = gather(Request((SIMULATED, "frond_2021"), simulation=FEW))
    assert len(gathered.data) == 8 + 5
    axis = wavenumbers(gathered.data.domain)
    assert np.unique(np.diff(axis)).tolist() == [4]
    assert axis[0] == 700
    assert axis[-1] <= 2998
    assert class_counts(gathered.data) == {"PE": 4 + 3, "PP": 2, "PS": 4}


def test_doubtful_labels_are_counted_whether_they_go_or_not(published):
    for drop in (True, False):
        gathered = gather(Request(("frond_2021",), drop_doubtful=drop))
        assert gathered.doubtful == {"frond_2021": (1, 6)}
        assert len(gathered.data) == 6 - drop
    # One of the two from the environment is doubtful, none of the four pristine.
    assert gather(Request(("frond_2021",), environmental=True)).doubtful == {
        "frond_2021": (1, 2)}
    pristine = gather(Request(("frond_2021",), environmental=False))
    assert pristine.doubtful == {}
    assert len(pristine.data) == 4


def test_what_is_missing_is_told_and_the_rest_given(published):
    gathered = gather(Request((SIMULATED, "jung_2018"), simulation=FEW))
    assert gathered.missing == ("jung_2018",)
    assert len(gathered.data) == 8
    gathered = gather(Request(("jung_2018",)))
    assert gathered.data is None


def test_really_missing_files(nowhere):
    gathered = gather(Request(tuple(datasets.SETS)))
    assert gathered.missing == tuple(datasets.SETS)
    assert gathered.data is None
    assert gathered.doubtful == {}


def test_no_set():
    assert gather(Request(())).data is None


def test_progress_cancels():
    class Stop(Exception):
        pass

    def progress(fraction):
        raise Stop

    with pytest.raises(Stop):
        gather(Request((SIMULATED,), simulation=FEW), progress)
    seen = []
    gather(Request((SIMULATED,), simulation=FEW), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_classes_are_kept_and_empty_ones_go():
    data = simulate(["PE", "PP", "PS"], 4)
    kept = keep_classes(data, ["PP"])
    assert kept.domain.class_var.values == ("PE", "PS")
    assert class_counts(kept) == {"PE": 4, "PS": 4}
    np.testing.assert_array_equal(kept.X, data.X[[0, 1, 2, 3, 8, 9, 10, 11]])
    assert [str(s) for s in kept.get_column("sample")][4] == "PS 1"
    assert keep_classes(data, ["PU"]) is data
    assert keep_classes(data, ["PE", "PP", "PS"]) is None
    # Class values without spectra are misleading in subsequent widgets.
    assert keep_classes(data[:4], []).domain.class_var.values == ("PE",)


def test_spectra_without_a_class_are_a_class_of_their_own():
    data = simulate(["PE", "PP"], 3)
    with data.unlocked(data.Y):
        data.Y[[0, 5]] = np.nan
    assert class_counts(data) == {"PE": 2, "PP": 2, UNLABELLED: 2}
    only = keep_classes(data, ["PE", "PP"])
    assert np.isnan(only.Y).all()
    assert len(only) == 2
    labelled = keep_classes(data, [UNLABELLED])
    assert len(labelled) == 4
    assert np.isfinite(labelled.Y).all()
    assert set(class_medians(data)[1]) == {"PE", "PP", UNLABELLED}


def test_medians():
    data = simulate(["PE", "PP"], 5)
    with data.unlocked(data.X):
        data.X[0, :50] = np.nan
        data.X[:5, 60] = np.nan
    axis, medians = class_medians(data)
    np.testing.assert_array_equal(axis, wavenumbers(data.domain))
    np.testing.assert_allclose(medians["PP"], np.median(data.X[5:], axis=0))
    np.testing.assert_allclose(medians["PE"][:50], np.median(data.X[1:5, :50], axis=0))
    assert np.isnan(medians["PE"]).nonzero()[0].tolist() == [60]
    # A plot needs no more points than the screen has.
    fine = simulate(["PE"], 2, wavenumbers=np.arange(600., 4000., .5))
    axis, medians = class_medians(fine)
    assert 1000 <= len(axis) < 2000
    assert len(medians["PE"]) == len(axis)


@needs_sets
def test_real_sets_with_simulated_ones():
    gathered = gather(Request((SIMULATED, "frond_2021", "villegas_camacho_2024_c8"),
                              simulation=FEW))
    assert isinstance(gathered.data, Table)
    assert gathered.missing == gathered.empty == ()
    counts = class_counts(gathered.data)
    assert "HDPE" not in counts
    n, of = gathered.doubtful["villegas_camacho_2024_c8"]
    assert 250 < n < 350
    assert of == 2393
    assert sum(counts.values()) == len(gathered.data)
    studies = gathered.data.domain["study"].values
    assert set(studies) == {"Simulated", "Frond 2021", "Villegas-Camacho 2024"}
    assert np.isfinite(gathered.data.X).all()


@needs_sets
def test_no_particles_of_that_kind_is_no_error():
    gathered = gather(Request(("villegas_camacho_2024_c8",), environmental=True))
    assert gathered.empty == ("villegas_camacho_2024_c8",)
    assert gathered.data is None
