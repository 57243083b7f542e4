"""Exceptions with a message for the user."""

__all__ = ["TorchUnavailable"]


class TorchUnavailable(ValueError):
    """PyTorch cannot be loaded; the message says what to do.

    A ValueError, since Orange's widgets show these as messages.
    """
