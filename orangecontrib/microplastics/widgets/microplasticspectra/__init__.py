"""Parts of Microplastic Spectra."""
