"""Predictions for arrays of numpy, Dask and Zarr."""
import sys
from unittest.mock import patch

import numpy as np
import pytest
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.simulation import simulate
from orangecontrib.microplastics.spectra.axis import wavenumbers


@pytest.fixture(scope="module")
def model():
    return DCNetLearner(epochs=4, step=8)(simulate(("PE", "PET", "PS"), 40))


@pytest.fixture(scope="module")
def data():
    return simulate(("PE", "PET", "PS"), 20, noise=.005, seed=5)


@pytest.fixture(scope="module")
def axis(data):
    return wavenumbers(data.domain)


@pytest.fixture(scope="module")
def expected(model, data):
    return model(data, model.Probs).astype(np.float32)


def test_arrays_in_memory(model, data, axis, expected):
    np.testing.assert_array_equal(model.predict_array(data.X, axis), expected)
    # A map, with wavenumbers the other way round.
    cube = data.X[:, ::-1].reshape(6, 10, -1)
    np.testing.assert_array_equal(model.predict_array(cube, axis[::-1]),
                                  expected.reshape(6, 10, -1))
    assert model.predict_array(data.X[:0], axis).shape == (0, 3)


def test_arrays_of_dask_are_not_computed_at_once(model, data, axis, expected):
    da = pytest.importorskip("dask.array")
    read = []

    def block(X, block_info=None):
        read.append(block_info)
        return X

    array = da.from_array(data.X.reshape(6, 10, -1), chunks=(2, 5, 200)).map_blocks(
        block, dtype=float, meta=np.empty((0, 0, 0)))
    lazy = model.predict_array(array, axis)
    assert not read and lazy.shape == (6, 10, 3) and lazy.dtype == np.float32
    np.testing.assert_array_equal(lazy[:2, 5:].compute(), expected.reshape(6, 10, 3)[:2, 5:])
    n = len(read)
    np.testing.assert_array_equal(lazy.compute(), expected.reshape(6, 10, 3))
    assert 0 < n < len(read) - n, "only what was asked for is computed"


def test_arrays_of_zarr(model, data, axis, expected, tmp_path):
    zarr = pytest.importorskip("zarr")
    store = zarr.open_group(str(tmp_path / "map.zarr"), mode="w")
    make = store.create_array if hasattr(store, "create_array") else store.create_dataset
    array = make("spectra", shape=data.X.shape, chunks=(25, data.X.shape[1]), dtype="f8")
    array[:] = data.X
    lazy = model.predict_array(array, axis)
    assert lazy.chunks[0] == (25, 25, 10)
    np.testing.assert_array_equal(lazy.compute(), expected)


def test_spectra_that_cannot_be_predicted(model, data, axis):
    X = data.X.copy()
    X[3] = np.nan
    found = model.predict_array(X, axis)
    assert np.isnan(found[3]).all() and np.isfinite(found[:3]).all()


def test_errors(model, data, axis):
    with pytest.raises(ValueError, match="wavenumbers for spectra of"):
        model.predict_array(data.X, axis[1:])
    with pytest.raises(ValueError, match="twice"):
        model.predict_array(data.X, np.r_[axis[1], axis[1:]])
    with pytest.raises(ValueError, match="micrometres"):
        model.predict_array(data.X, np.linspace(2, 25, len(axis)))
    with pytest.raises(DomainTransformationError):
        model.predict_array(10 ** -data.X, axis)
    with patch.dict(sys.modules, {"dask.array": None}), \
            pytest.raises(ValueError, match="pip install"):
        model.predict_array(memoryview(data.X), axis)
