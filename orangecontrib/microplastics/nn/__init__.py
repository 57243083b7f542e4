"""All code that needs torch; no other part of the package imports it.

Torch takes a second to load and may be missing. Modules in this folder are therefore imported
inside functions, when work begins, and never when a widget or its parts are loaded.

Raises
------
TorchUnavailable
    On import, if torch is missing or its libraries cannot be loaded.
"""
from orangecontrib.microplastics.utils.errors import TorchUnavailable

try:
    import torch  # noqa: F401
# On Windows a library that fails to load raises OSError.
except (ImportError, OSError) as ex:
    raise TorchUnavailable(
        f"PyTorch, which networks need, cannot be loaded here ({ex}). Install it into the "
        "Python that runs Orange with 'python -m pip install torch' (on Windows "
        "'torch<2.9'), then restart Orange.") from ex
