"""Models that release 0.1 pickled name this module."""
from orangecontrib.microplastics.dcnet.model import DCNetModel

__all__ = ["DCNetModel"]
