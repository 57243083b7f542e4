"""Spectra and their wavenumbers, of whatever material."""
