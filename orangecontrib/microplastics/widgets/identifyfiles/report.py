"""The report of Identify Files."""
from __future__ import annotations

from html import escape

from orangecontrib.microplastics.batch.manifest import DONE
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.particles.classes import size_classes
from orangecontrib.microplastics.widgets.common.answertexts import knows, things
from orangecontrib.microplastics.widgets.identifyfiles.texts import state_text, summary

__all__ = ["write_report"]

#: Maximum number of files that are listed.
_REPORTED = 200


def write_report(widget):
    """Write files, model, settings and counts.

    If there are results, model and settings are those that they were made with.
    """
    widget.report_items("Data", (
        ("Files", things(len(widget.found.keys), "file")),
        ("From", escape(", ".join(place.path for place in widget.found.places)) or "none"),
        ("Results in", escape(widget.output_folder()) or "no folder chosen")))
    # At work, a new run has no manifest yet.
    done = bool(widget.about) and any(
        entry.get("state") == DONE for entry in widget.entries.values())
    if done:
        model = widget.about["model"]
        widget.report_items("Model", (
            ("Name", escape(model["name"])), ("Made", escape(str(model.get("made", ""))) or False),
            ("SHA-256", model["sha256"]), ("Classes", escape(", ".join(model["classes"])))))
    elif isinstance(widget.model, DCNetModel):
        widget.report_items("Model", (("Name", escape(str(widget.model.name))),
                                      ("Materials", knows(widget.model))))
    widget.report_items("Settings", list(_settings(
        widget.about["settings"] if done else widget.box.settings.plain())))
    if not done:
        return
    widget.report_items("Result", [(name, escape(text))
                                   for name, text in summary(widget.entries.values())])
    keys = [key for key in widget.found.keys if key in widget.entries]
    widget.report_items("Files", [
        (escape(key), escape(state_text(entry) + (f": {entry['why']}" if "why" in entry else "")))
        for key, entry in ((key, widget.entries[key]) for key in keys[:_REPORTED])])
    if len(keys) > _REPORTED:
        widget.report_paragraph(f"{len(keys) - _REPORTED:,} more are in manifest.json.")


def _settings(plain):
    yield "Converted from transmittance", "yes" if plain["transmittance"] else "no"
    yield "How much of each", "yes" if plain["amounts"] else "no"
    yield "Accepted from", f"{plain['rule']['accept']:.2f}"
    yield "To inspect from", f"{plain['rule']['inspect']:.2f}"
    yield "Maps", "every pixel" if plain["every_pixel"] else "particles"
    if not plain["every_pixel"]:
        size = plain["pixel_size"]
        yield "Pixel size", f"{size:g} µm" if size else "from the file"
        yield "Smallest particle", things(plain["smallest"], "pixel")
        yield "Size classes", escape(plain["classes"] or size_classes("").name)
