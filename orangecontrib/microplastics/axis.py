"""Models and tables that release 0.1 pickled name this module."""
from orangecontrib.microplastics.spectra.resample import Resample, _Resampled, _ResampledFeature

__all__ = ["Resample", "_Resampled", "_ResampledFeature"]
