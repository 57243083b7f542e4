"""Parts of Mix Spectra."""
