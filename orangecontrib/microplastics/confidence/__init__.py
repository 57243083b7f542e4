"""Whether to trust a network's prediction for a spectrum."""
