"""Parts of Identify Spectra."""
