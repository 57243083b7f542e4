"""Many files, and maps that do not fit into memory: identified block by block, on one computer or
several."""
# First: a worker of a cluster needs no second one.
from orangecontrib.microplastics.utils import spectroscopy  # noqa: F401
