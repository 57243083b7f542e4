"""How background work shows its progress, and how Cancel ends it."""
from __future__ import annotations

from collections.abc import Callable

from Orange.widgets.utils.concurrent import TaskState

__all__ = ["Cancelled", "check", "progress_of"]


class Cancelled(Exception):
    """Raised in the worker to stop it."""


def check(state: TaskState):
    """Raise :class:`Cancelled` where the widget wants the work no more."""
    if state.is_interruption_requested():
        raise Cancelled


def progress_of(state: TaskState, start: float = 0., end: float = 100.) -> Callable[[float], None]:
    """A callback for work that is the stretch from `start` to `end` per cent of a task.

    It takes the fraction done, 0 to 1, shows it, and raises where the work was cancelled.
    """
    def callback(fraction):
        check(state)
        state.set_progress_value(start + (end - start) * fraction)
    return callback
