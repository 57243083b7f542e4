"""Which inputs of a widget are connected, also before anything has arrived through them."""
from __future__ import annotations

from AnyQt.QtCore import QEvent
from orangecanvas.scheme.events import LinkEvent

__all__ = ["InputLinks"]


class InputLinks:
    """
    Links into a widget, as the canvas reports them to it.

    Orange delivers nothing to a widget while one that it depends on is at work: for the widget,
    an input that waits for a network to be trained is like one that is not connected. Give
    :meth:`notice` all events of the widget.
    """

    def __init__(self):
        self._links = []

    def notice(self, event: QEvent) -> bool:
        """Take note of an event; returns whether the links have changed."""
        if event.type() == LinkEvent.InputLinkAdded:
            self._links.append(event.link())
        elif event.type() == LinkEvent.InputLinkRemoved:
            self._links = [link for link in self._links if link is not event.link()]
        else:
            return False
        return True

    def source(self, channel: str) -> str | None:
        """Title of the widget that is connected to the input of this name; None if none is."""
        for link in self._links:
            if link.sink_channel.name == channel and link.is_enabled():
                return link.source_node.title
        return None
