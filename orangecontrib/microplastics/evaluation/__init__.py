"""Evaluation of the network, and of other classifiers on the same data."""
