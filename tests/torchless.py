"""Simulate a Python without torch."""
import sys
from contextlib import contextmanager
from unittest.mock import patch

_NN = "orangecontrib.microplastics.nn"


class _Blocked:
    """Import hook that does not find torch."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'")


@contextmanager
def without_torch():
    """Behave as if torch were not installed, also for modules imported before."""
    with patch.dict(sys.modules), patch.object(sys, "meta_path", [_Blocked, *sys.meta_path]):
        for name in list(sys.modules):
            if name in ("torch", _NN) or name.startswith(f"{_NN}."):
                del sys.modules[name]
        yield
