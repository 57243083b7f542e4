"""Models and files that take time to make."""
import batchcase
import numpy as np
import pytest

from orangecontrib.microplastics.batch.find import find_files


@pytest.fixture(scope="session")
def model():
    return batchcase.quick_model()


@pytest.fixture(scope="session")
def other_model():
    return batchcase.quick_model(epochs=1, seed=2)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Files of each kind, some of which cannot be used."""
    pytest.importorskip("zarr")
    folder = tmp_path_factory.mktemp("spectra")
    batchcase.write_csv(folder / "a.csv", batchcase.spectra(9), names=[f"s{i}" for i in range(9)])
    batchcase.write_csv(folder / "b.csv", batchcase.spectra(3, seed=1))
    (folder / "broken.csv").write_text("no,spectra\nat,all\n")
    (folder / "damaged.spa").write_bytes(bytes(range(256)) * 9)
    X = batchcase.spectra(5, seed=2)
    batchcase.write_csv(folder / "percent.csv", 100 * 10 ** -(X - X.min(axis=1, keepdims=True)))
    (folder / "peaks.csv").write_text("name,3273.85,1642.25\np,83.32,89.6\n")
    batchcase.write_envi(folder / "filter.hdr", batchcase.quick_map())
    batchcase.write_hdf5(folder / "list.h5", batchcase.spectra(11, seed=4).astype(np.float32))
    batchcase.write_zarr(folder / "list.zarr", batchcase.spectra(10, seed=5))
    return folder


@pytest.fixture(scope="session")
def paths(folder):
    fails = []
    paths = find_files([folder], fails.append)
    assert not fails and len(paths) == 9
    return paths


@pytest.fixture(scope="session")
def results(tmp_path_factory, model, paths):
    """Results of a run in two threads over all files, and what it said."""
    folder, told = tmp_path_factory.mktemp("out") / "threads", batchcase.Told()
    outcome = batchcase.run(folder, paths, model, told=told)
    return folder, outcome, told
