"""Load the files that need torch, or say in words why that fails."""
from importlib import import_module
from types import ModuleType

__all__ = ["TorchUnavailable", "import_torch_file"]


class TorchUnavailable(ValueError):
    """PyTorch cannot be loaded; the text says what to do.

    A ValueError, since that is what Orange's widgets show as a message.
    """


def import_torch_file(name: str) -> ModuleType:
    """Module `name` of this package.

    Raises
    ------
    TorchUnavailable
        If torch is missing or its libraries cannot be loaded.
    """
    try:
        return import_module(f"orangecontrib.microplastics.{name}")
    # On Windows a library that fails to load is an OSError.
    except (ImportError, OSError) as ex:
        raise TorchUnavailable(
            f"PyTorch, which networks need, cannot be loaded here ({ex}). Install it into the "
            "Python that runs Orange with 'python -m pip install torch' (on Windows "
            "'torch<2.9'), then restart Orange.") from ex
