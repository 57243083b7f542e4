"""Errors that have words for the user."""

__all__ = ["TorchUnavailable"]


class TorchUnavailable(ValueError):
    """PyTorch cannot be loaded; the text says what to do.

    A ValueError, since that is what Orange's widgets show as a message.
    """
