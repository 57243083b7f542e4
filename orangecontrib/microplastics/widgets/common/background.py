"""Progress and cancellation of background tasks."""
from __future__ import annotations

from collections.abc import Callable

from Orange.widgets.utils.concurrent import TaskState

__all__ = ["Cancelled", "check", "progress_of"]


class Cancelled(Exception):
    """Raised in the worker to stop it."""


def check(state: TaskState):
    """Raise :class:`Cancelled` if the widget has cancelled the task."""
    if state.is_interruption_requested():
        raise Cancelled


def progress_of(state: TaskState, start: float = 0., end: float = 100.) -> Callable[[float], None]:
    """Return a callback for a part of a task, from `start` to `end` per cent of its progress.

    The callback takes the completed fraction of that part, 0 to 1, shows it, and raises
    :class:`Cancelled` if the task was cancelled.
    """
    def callback(fraction):
        check(state)
        state.set_progress_value(start + (end - start) * fraction)
    return callback
