"""Import orange-spectroscopy without the Dask cluster that it starts.

If Dask is installed, importing orange-spectroscopy (0.9) starts a cluster of two workers in this
process, which is kept to the end. A command has no use for it, and in each worker of a cluster it
would be a second one. Whoever imports this module first is spared; others get it as usual.
"""
import sys

_NAME = "dask.distributed"

if "orangecontrib.spectroscopy" not in sys.modules:
    _before = sys.modules.get(_NAME)
    # The import system takes None for a module that does not exist.
    sys.modules[_NAME] = None
    try:
        import orangecontrib.spectroscopy  # noqa: F401
    finally:
        if _before is None:
            del sys.modules[_NAME]
        else:
            sys.modules[_NAME] = _before
