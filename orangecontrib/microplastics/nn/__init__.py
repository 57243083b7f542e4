"""All that needs torch, and nothing else does.

Torch takes a second to load and may be missing. So what is in here is imported where work begins,
inside functions, and never when a widget or its parts are loaded.

Raises
------
TorchUnavailable
    On import, if torch is missing or its libraries cannot be loaded.
"""
from orangecontrib.microplastics.utils.errors import TorchUnavailable

try:
    import torch  # noqa: F401
# On Windows a library that fails to load is an OSError.
except (ImportError, OSError) as ex:
    raise TorchUnavailable(
        f"PyTorch, which networks need, cannot be loaded here ({ex}). Install it into the "
        "Python that runs Orange with 'python -m pip install torch' (on Windows "
        "'torch<2.9'), then restart Orange.") from ex
