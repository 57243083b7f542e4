"""Subcommands of the command orange-microplastics."""
# First: a command has no use for the cluster that orange-spectroscopy starts.
from orangecontrib.microplastics.utils import spectroscopy  # noqa: F401
