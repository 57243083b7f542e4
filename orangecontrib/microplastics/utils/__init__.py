"""Utilities that do not depend on spectra."""
