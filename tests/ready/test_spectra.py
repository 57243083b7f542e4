"""Published spectra under the names of the ready-made model."""
import numpy as np
import pytest

from orangecontrib.microplastics import datasets, ready

pytestmark = pytest.mark.skipif(not all(map(datasets.is_available, ready.SETS_USED)),
                                reason="the published spectra are not on this computer")


def labels(table):
    return np.array(table.domain.class_var.values)[table.Y.astype(int)]


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


def test_sets_and_materials():
    table = ready.table(["frond_2021"], ["PE", "PP", "SR"])
    assert table.domain.class_var.values == ("PE", "PP")
    every = ready.table(["frond_2021"], None, keep_doubtful=["frond_2021"], fewest=1)
    assert len(every) == 380 and "SR" in every.domain.class_var.values
