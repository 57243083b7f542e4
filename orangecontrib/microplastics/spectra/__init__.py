"""Spectra and wavenumber axes, independent of the material."""
