"""The import path of release 0.1, also named by models and tables that it pickled."""
from orangecontrib.microplastics.spectra.axis import (
    check_unit,
    covered,
    gap_limit,
    is_uniform,
    name_of,
    spectral_columns,
    uniform_grid,
    wavenumbers,
)
from orangecontrib.microplastics.spectra.axis import rounded as told
from orangecontrib.microplastics.spectra.resample import (
    Resample,
    _Resampled,
    _ResampledFeature,
    fill_missing,
    resampling_matrix,
)

__all__ = ["wavenumbers", "spectral_columns", "uniform_grid", "is_uniform", "resampling_matrix",
           "fill_missing", "covered", "gap_limit", "check_unit", "Resample", "name_of", "told",
           "_Resampled", "_ResampledFeature"]
