"""Attribution: which wavenumbers a network's prediction depends on."""
