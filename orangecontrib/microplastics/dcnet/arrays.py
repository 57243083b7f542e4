"""Predictions for arrays, in memory or larger than that."""
from __future__ import annotations

import numpy as np
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.spectra.axis import check_unit, name_of

__all__ = ["predict_array"]


def predict_array(model, array, wavenumbers):
    """Probabilities of the class values for spectra in an array.

    Parameters
    ----------
    model : DCNetModel
    array : array, shape (..., m)
        Absorbance: of numpy, Dask or Zarr. NaN is "not measured".
    wavenumbers : array-like, shape (m,)
        cm-1, in any order.

    Returns
    -------
    ndarray or dask.array.Array of float32, shape (..., classes)
        In the order of ``model.domain.class_var.values``; NaN for spectra that cannot be
        predicted. For arrays of Dask and Zarr an array of Dask, of which nothing is computed yet.

    Raises
    ------
    ValueError
        If there are not as many wavenumbers as the last axis is long, or Dask is needed and not
        installed.
    DomainTransformationError
        If the model cannot answer for the spectra; for arrays of Dask, when they are computed.
    """
    axis = np.ravel(np.asarray(wavenumbers, float))
    if not array.shape or array.shape[-1] != len(axis):
        raise ValueError(f"There are {len(axis)} wavenumbers for spectra of "
                         f"{array.shape[-1] if array.shape else 0} points.")
    check_unit(np.sort(axis))
    n_values = len(model.domain.class_var.values)
    attributes = [ContinuousVariable(name_of(w)) for w in axis]
    if len({a.name for a in attributes}) < len(axis):
        raise ValueError("A wavenumber stands there twice.")
    domain = Domain(attributes)

    def predicted(block):
        block = np.asarray(block)
        out = np.full((*block.shape[:-1], n_values), np.nan, np.float32)
        if out.size:
            table = Table.from_numpy(domain, block.reshape(-1, len(axis)).astype(float))
            out.reshape(-1, n_values)[:] = model.answer(table, acceptance=False).probabilities
        return out

    if isinstance(array, np.ndarray):
        return predicted(array)
    try:
        import dask.array as da
    except ImportError:
        raise ValueError('Dask is not installed: pip install "Orange3-Microplastics[cluster]".'
                         ) from None
    if not isinstance(array, da.Array):
        array = da.from_array(array, chunks=array.chunks) if hasattr(array, "chunks") \
            else da.from_array(array)
    array = array.rechunk({array.ndim - 1: -1})
    return array.map_blocks(predicted, dtype=np.float32,
                            chunks=(*array.chunks[:-1], (n_values,)),
                            meta=np.empty((0,) * array.ndim, np.float32))
