"""A map, block by block, to its pixels and particles.

The same steps as in :class:`.particles.find.Finder`, which finds the particles here, too: only the
signal and the names of pixels, which need all spectra, are found block by block. Blocks do not cut
particles: numbers are given to pixels of the whole map.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.batch.pixels import PixelFile
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.tasks import (
    Context,
    NamesPart,
    Part,
    Result,
    SignalPart,
    StoredRows,
    checked,
    missing_notes,
    text_of,
)
from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.particles.classes import size_classes
from orangecontrib.microplastics.particles.coverage import check_range
from orangecontrib.microplastics.particles.evaluated import evaluated
from orangecontrib.microplastics.particles.files import write_files
from orangecontrib.microplastics.particles.find import Finder
from orangecontrib.microplastics.particles.matter import Level, Signal, otsu
from orangecontrib.microplastics.particles.naming import (
    Background,
    Names,
    PixelNames,
    check_pixels,
)
from orangecontrib.microplastics.particles.pixels import PixelMap, pixel_map, regular_map
from orangecontrib.microplastics.particles.sample import Sample
from orangecontrib.microplastics.particles.summary import Corrections
from orangecontrib.microplastics.spectra.stored import Stored
from orangecontrib.microplastics.spectra.stored.tables import TableSpectra
from orangecontrib.microplastics.spectra.units import is_percent, some_rows

__all__ = ["Ran", "MapRun"]


class Ran(NamedTuple):
    """What came of a map.

    Attributes
    ----------
    counts : ndarray of int, shape (3,)
        Identified pixels by decision.
    sample : Sample or None
        None if every pixel was identified.
    files : list of Path
        That were written.
    notes : list of str
    """
    counts: np.ndarray
    sample: Sample | None
    files: list[Path]
    notes: list[str]


class MapRun:
    """The work on one map."""

    def __init__(self, stored: Stored, context: Context, folder: Path, name: str, most: int,
                 results: Callable[[str, Iterator], Iterator[tuple[int, Result]]],
                 progress: Callable[[int], None]):
        """
        Parameters
        ----------
        stored : Stored
        context : Context
        folder : Path
            For the files of this map.
        name : str
        most : int
            Spectra of a block.
        results : function
            Takes the name of a phase and pairs (number, task), and yields pairs (number, result):
            those that were stored before, and those that are computed now.
        progress : function of int
            Called with the number of pixels that are done.

        Raises
        ------
        ValueError
            If the places of the spectra are no map.
        """
        self.stored, self.context, self.folder, self.name = stored, context, folder, name
        self._results, self._progress = results, progress
        self.blocks = stored.blocks(most)
        self.where = _places(stored)
        settings = context.settings
        self._percent = is_percent(stored.at(np.arange(len(stored))[some_rows(len(stored))])) \
            if settings.transmittance else None
        self.rows = StoredRows(stored, self._percent)

    @property
    def _settings(self) -> Settings:
        return self.context.settings

    def run(self) -> Ran:
        """
        Raises
        ------
        NarrowRange
            (a ValueError) If the map lacks wavenumbers that the model needs.
        ValueError, DomainTransformationError
            If the map cannot be used.
        OSError
            If results cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        return self._every_pixel() if self._settings.every_pixel else self._particles()

    def _file(self, amounts):
        model = self.context.model
        grain = self.blocks[0]
        # Of a table, rows may lie anywhere; such maps are small.
        whole = isinstance(self.stored, TableSpectra)
        shape = self.where.index.shape
        block = shape if whole else (grain.bottom - grain.top, grain.right - grain.left)
        about = {"file": str(self.stored.path), "decisions": list(DECISIONS),
                 "classes": list(model.domain.class_var.values),
                 "materials": list(model.components), **self._pixel()}
        return PixelFile(self.folder / "pixels", shape, block, model.components, about,
                         amounts=amounts, particles=not self._settings.every_pixel)

    def _pixel(self):
        """Width and height of a pixel: typed, or from the file."""
        (wide, high), typed = self.where.pitch, self._settings.pixel_size
        if typed:
            wide, high = typed, typed * high / wide
        return {"x": wide, "y": high, "unit": "um" if typed or self.where.unit_known else "pixel"}

    def _every_pixel(self):
        percent, notes = checked(self.context, self.stored)
        file, counts = self._file(self._has_amounts()), np.zeros(len(DECISIONS), int)
        missing = 0
        tasks = ((i, Part(str(self.stored.path), block, percent, True))
                 for i, block in enumerate(self.blocks))
        for i, result in self._results("pixels", tasks):
            _raise(result)
            counts += result["counts"]
            missing += int(result["missing"])
            self._put(file, i, result)
            self._progress(self.blocks[i].size)
        file.close()
        return Ran(counts, None, [file.path],
                   [*notes, *missing_notes(missing, len(self.stored))])

    def _particles(self):
        settings, model = self._settings, self.context.model
        n, notes = len(self.stored), list(self.stored.notes)
        level = Level.of(self.rows)
        if level is None:
            raise ValueError("No pixel of the map has a spectrum.")
        signal = Signal(np.full(n, np.nan, np.float32), level.filter, level.opaque)
        check_range(model, self.rows.wavenumbers, level.opaque)
        file = self._file(self._has_amounts())
        tasks = ((i, SignalPart(str(self.stored.path), block, self._percent, level))
                 for i, block in enumerate(self.blocks))
        for i, result in self._results("signal", tasks):
            _raise(result)
            signal.values[self._rows(i)] = result["signal"]
            self._put(file, i, result)
            self._progress(self.blocks[i].size)
        threshold = settings.threshold or otsu(signal.values)
        with np.errstate(invalid="ignore"):
            matter = signal.values >= threshold
        # Table rows without a place are no pixels.
        placed = np.zeros(n, bool)
        placed[self.where.index[self.where.measured]] = True
        matter &= placed
        background = Background.of(signal, settings.choices.subtract)
        names, said, counts = PixelNames(n, len(model.components)), [], np.zeros(
            len(DECISIONS), int)
        if matter.any():
            said = check_pixels(model, self.rows, np.flatnonzero(matter), background)
        for i, result in self._results("names", self._name_tasks(matter, background)):
            _raise(result)
            if "material" in result:
                places = np.flatnonzero(matter[self._rows(i)])
                names.put(self._rows(i)[places], Names(
                    result["material"], result["decision"], result["presence"]))
                counts += np.bincount(result["decision"], minlength=len(DECISIONS))
                self._put(file, i, result, places)
            self._progress(self.blocks[i].size)
        choices = settings.choices
        finder = Finder.of_map(self.rows, self.where, model)
        finder.know(signal, names, said, choices)
        found = finder.find(choices)
        self._put_labels(file, found.labels)
        file.close()
        sample = evaluated(self.name, finder, found, choices, size_classes(settings.classes),
                           Corrections(share=settings.share, volume=settings.litres),
                           mass=settings.mass, converted=settings.transmittance)
        written = write_files(sample, self.folder / f"{self.name}.html")
        return Ran(counts, sample, [file.path, *written], [*notes, *map(str, found.notes)])

    def _name_tasks(self, matter, background):
        for i, block in enumerate(self.blocks):
            places = np.flatnonzero(matter[self._rows(i)])
            if len(places):
                yield i, NamesPart(str(self.stored.path), block, self._percent, places,
                                   background)
            else:
                self._progress(block.size)

    def _has_amounts(self):
        model = self.context.model
        return self._settings.amounts and model.knows_mixtures

    def _rows(self, i):
        return self.blocks[i].rows(self.stored.shape[1])

    def _put(self, file, i, result, places=None):
        if not isinstance(self.stored, TableSpectra):
            file.put(self.blocks[i], result, places)
            return
        rows = self._rows(i) if places is None else self._rows(i)[places]
        place = self._place_of[rows]
        there = place >= 0
        file.put_at(np.unravel_index(place[there], self.where.index.shape),
                    {name: result[name][there] for name in file.names if name in result})

    def _put_labels(self, file, labels):
        if isinstance(self.stored, TableSpectra):
            file.put_at(np.nonzero(labels >= 0), {"particle": labels.ravel()})
            return
        for block in self.blocks:
            part = labels[block.top:block.bottom, block.left:block.right]
            file.put(block, {"particle": part.ravel()})

    @property
    def _place_of(self):
        """Flat index of the pixel of each row of a table, -1 for none."""
        out = np.full(len(self.stored), -1)
        index = self.where.index.ravel()
        there = np.flatnonzero(index >= 0)
        out[index[there]] = there
        return out


def _places(stored) -> PixelMap:
    return pixel_map(stored.data) if isinstance(stored, TableSpectra) else \
        regular_map(stored.shape, stored.pixel)


def _raise(result):
    if "error" in result:
        raise ValueError(text_of(result["error"]))
