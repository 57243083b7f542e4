"""What has nothing to do with spectra."""
