"""Names of the absorptions of a spectrum, as a chemist gives them (numpy only).

The tables of twenty materials cover the fingerprint several times: one band near one position of a
table proves nothing. An absorption is therefore, in this order,

1. a band of the explained material itself;
2. a line of water vapour, if all of its fine structure is in the spectrum;
3. one of another polymer, if most of its strong bands are in the spectrum, or of a usual companion
   of particles, if the bands that tell it are in the spectrum together
   (:mod:`.materials.companions`);
4. a strong band of the material farther from its position: strong bands shift in ATR, broad ones
   with composition;
5. the carbon dioxide of the air, the oxidation of polyolefins;
6. one of another polymer, if a second, strong one of it is in the spectrum, too, and nothing else
   explains that;
7. a companion that has one band only, a line of water vapour;
8. a vibration that all tables agree on, of a material that is not known.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orangecontrib.microplastics.materials.atmosphere import (
    ATMOSPHERE,
    CARBON_DIOXIDE,
    WATER_VAPOUR,
    vapour_lines,
)
from orangecontrib.microplastics.materials.bands import (
    BANDS,
    REGIONS,
    Band,
    assignments,
    common_vibration,
    is_added,
)
from orangecontrib.microplastics.materials.companions import (
    COMPANION_MATERIALS,
    COMPANIONS,
    NEAR,
    RISING,
    SINGLE,
    TITANIUM_DIOXIDE,
    Companion,
    companion_band,
)
from orangecontrib.microplastics.materials.names import NAMES

__all__ = ["NO_AIR", "POSSIBLY_AIR", "LIKELY_AIR", "AIR", "Names", "gas_at", "shorter"]

#: Whether a band may come from the atmosphere: it is not in its regions; it is, and something is
#: known that absorbs there, too, or nothing absorbs; it is, and nothing else is known there.
NO_AIR, POSSIBLY_AIR, LIKELY_AIR = "", "possible", "likely"

#: Material of bands of the air.
AIR = "air"

#: Strong bands lie up to so much lower (cm-1) in ATR spectra that were not corrected, and in this
#: range: in Kedzierski's phthalates C-O is at 1255, elsewhere at 1273.
_SHIFT, _SHIFTED = 20., (1000., 1800.)

#: Farthest that a strong band of the material is from its position, also if it is of a kind that
#: varies with composition, cm-1; height (as in the tables) of a strong one.
_FARTHER, _STRONG = 20., .1
_VARIES = {"amide": 30., "N-H bend": 30., "N-H stretch": 30., "O-H stretch": 60.}

#: A companion explains bands within this multiple of the width of its own, and up to this multiple
#: of the height of the band that tells it: where it needs a band, and elsewhere.
_SHOULDERS, _HIGHER = 1.5, (4., 2.)

#: Broad bands of companions need no maximum: width, and from where their height counts, cm-1.
_BROAD, _AROUND = 20., 150.

#: Height (of the spectrum's range) of a band that tells a companion whose band many materials have.
_CLEAR = .1

#: A peak is too high for a weak band (height in the table) of the material if it is higher than
#: this multiple, plus this, of the spectrum's range.
_WEAK, _TIMES, _MORE = .1, 3., .1

#: Strong bands of another polymer: height relative to its highest below the C-H stretches, at most
#: this; the distance (cm-1) between two bands; the least height of a band to be named by, and of
#: the second in the spectrum, as a part of what the first and the tables let expect.
_SECOND, _APART, _VISIBLE, _EXPECTED = .3, 25., .1, .25

#: Least share of its strong bands, by height and without those that others explain, that must be
#: found of another polymer.
_SHARE = .3

#: Share and number of such bands of a polymer whose bands are not taken for those of companions.
_MOST = .6, 4

#: C-H stretches are from here on, cm-1.
_C_H = REGIONS[1][0]

#: Between these (cm-1) everything organic absorbs.
_ALKYL = 2840., 2980.

#: Lines of the air: distance (cm-1), largest width at half height (cm-1); the stretch of carbon
#: dioxide is above this.
_ON_LINE, _NARROW, _ABOVE = 6., 16., 2000.

#: If the fine structure of water vapour is in the spectrum: where its lines stand so close that
#: several merge (cm-1), also the gaps between those that point downwards; how wide they are
#: together (cm-1), and how high at most, as a multiple of that structure.
_CROWDED, _MERGED, _HIGHEST = (1480., 1900.), 80., 2.

#: Band beyond the end of a spectrum, at most this far, cm-1.
_BEYOND = 60.

#: The rise of titanium dioxide begins above this wavenumber, and is this part of the range.
_RISE, _RISEN = 760., .15

#: Bands whose absence is told: least height (as in the tables), and groups.
_MISSED = .35
_GROUPS = ("C=O", "C-O", "amide", "C#N", "arom", "C-Cl", "Si-O", "O-H")


def gas_at(wavenumber: float) -> str:
    """The gas of the air in whose region a wavenumber (cm-1) is; "" for none."""
    return next((region.name for region in ATMOSPHERE
                 if region.low <= wavenumber <= region.high), "")


def shorter(assignment: str) -> str:
    """An assignment for figures: "arom. C-H o.o.p. bend"."""
    name = assignment.split(",")[0].split(" (")[0].split(" and ")[0].strip()
    for long, short in (("asymmetric", "asym."), ("symmetric", "sym."), ("aromatic", "arom."),
                        ("out-of-plane", "o.o.p."), ("in-plane", "i.p.")):
        name = name.replace(long, short)
    # Abbreviated further if it is too long for a figure.
    return name.split(" of ")[0] if len(name) > 20 else name


def _shift(position):
    return _SHIFT if _SHIFTED[0] < position < _SHIFTED[1] else 0.


class Names:
    """Names the absorptions of one spectrum.

    Parameters
    ----------
    axis, spectrum : ndarray, shape (m,)
        cm-1, ascending; absorbance without gaps.
    maxima, heights, widths : ndarray, shape (maxima,)
        Its maxima: positions in cm-1, prominences, and widths at half of these in cm-1.
    known : sequence of str
        Codes of the materials that are explained.
    others : sequence of str
        Codes of materials that may also be present. All are searched if none of them is found.
    tolerance : float
        Largest distance in cm-1 between an absorption and its band.
    """

    def __init__(self, axis: np.ndarray, spectrum: np.ndarray, maxima: np.ndarray,
                 heights: np.ndarray, widths: np.ndarray, known: Sequence[str],
                 others: Sequence[str], tolerance: float):
        self._axis, self._spectrum = axis, spectrum
        size = np.ptp(spectrum) if len(spectrum) else 0
        self._at, self._heights, self._widths = maxima, heights / (size or 1), widths
        self.known, self._others, self._tolerance = list(known), list(others), tolerance
        self._own = [band for code in known for band in BANDS[code]]
        self._vapour = vapour_lines(axis, spectrum) / size if size else 0.
        # Polymers first, whose bands then tell no companion.
        self._companions, self._single, self._beside = {}, {}, []
        self._beside = [code for code in dict.fromkeys((*others, *NAMES)) if self._is_there(code)]
        self._companions, self._single = (
            {one: height for one in some if (height := self._proven(one))}
            for some in (COMPANIONS, SINGLE))

    def name(self, at: float) -> Band | None:
        """The band at an absorption (cm-1); None if none is known.

        A companion's `material` is its name, the air's is :data:`AIR`, and that of a vibration of
        unknown origin is empty.
        """
        near = assignments(at, self._tolerance, self.known) if self.known else []
        companion = self._of_companion(at, self._companions)
        if near and not (companion and self._too_high(at, near)):
            return near[0]
        if self._of_vapour(at):
            return self._air(at)
        beside = assignments(at, self._tolerance, self._beside) if self._beside else []
        if beside and (beside[0].height or 0) >= _VISIBLE:
            return beside[0]
        # Oxidation is likelier on the polymers known for it than another polymer.
        usual = {one: height for one, height in self._single.items() if one.only_in}
        return companion or self._farther(at) or self._carbon_dioxide(at) \
            or self._of_companion(at, usual) or self._foreign(at) \
            or self._of_companion(at, self._single) or self._gas(at) or self._vibration(at)

    def name_cut(self, end: float) -> Band | None:
        """The band of an absorption that is cut by an end (cm-1) of the spectrum."""
        low, high = (end - _BEYOND, end + NEAR) if end < self._axis.mean() else \
            (end - NEAR, end + _BEYOND)
        own = [band for band in self._own if low <= band.wavenumber <= high]
        if own:
            return max(own, key=lambda band: band.height or 0)
        lowest = end < _RISE and self._axis[0] == end and not RISING.intersection(self.known) \
            and not any(one.name == "water" for one in self._companions)
        return TITANIUM_DIOXIDE if lowest and self._rises() else None

    def missing(self, at: float, reach: float) -> str:
        """What is missing where nothing absorbs: "no C=O stretch (PET, PVC)" of other materials."""
        reach = max(reach, self._tolerance)
        if at >= _C_H - NEAR or self._explained(at, reach):
            return "no absorption"
        strong = sorted((band for code in self._others if code not in self.known
                         for band in assignments(at, reach, [code])
                         if (band.height or 0) >= _MISSED
                         and any(group in band.assignment for group in _GROUPS)),
                        key=lambda band: -band.height)
        if not strong:
            return "no absorption"
        what = shorter(strong[0].assignment)
        codes = dict.fromkeys(b.material for b in strong if shorter(b.assignment) == what)
        return f"no {what} ({', '.join(list(codes)[:3])})"

    def all_near(self, at: float, reach: float | None = None) -> tuple[list[Band], list[Band]]:
        """All known bands near a position (cm-1): of the materials, and of others."""
        reach = self._tolerance if reach is None else reach
        own = assignments(at, reach, self.known) if self.known else []
        more = assignments(at, reach, self._others) if self._others else []
        # Search all materials if neither of these has a band here, or if there are no others.
        if not more and not own or not self._others:
            more = more + assignments(at, reach)
        return own, more

    def _found(self, position, low=NEAR, high=NEAR):
        """Indices of the maxima near a position (cm-1)."""
        return np.flatnonzero((position - low <= self._at) & (self._at <= position + high))

    def _measured(self, position):
        return len(self._axis) and self._axis[0] - NEAR <= position <= self._axis[-1] + NEAR

    def _height(self, at):
        i = self._found(at, .01, .01)
        return self._heights[i].max(initial=0)

    def _is_own(self, at):
        return any(abs(band.wavenumber - at) <= NEAR for band in self._own) \
            or self._farther(at) is not None \
            or any(abs(band.wavenumber - at) <= NEAR and (band.height or 0) >= _VISIBLE
                   for code in self._beside for band in BANDS[code])

    def _too_high(self, at, near):
        strongest = max(1. if band.height is None else band.height for band in near)
        return strongest < _WEAK and self._height(at) > _TIMES * strongest + _MORE

    def _proven(self, companion: Companion) -> float:
        """Height of the bands that tell a companion; 0 if not all that it needs are there.

        That of the telling ones must not be the material's own. If the companion needs three or
        more, two others that are not the material's own tell it as well: in soft PVC, C-O of
        phthalate at 1273 is a shoulder of the polymer's band.
        """
        if companion.only_in and not set(companion.only_in).intersection(self.known) \
                or set(companion.never_in).intersection(self.known):
            return 0.
        needed = [group for group in companion.needed if any(map(self._measured, group))]
        if companion.telling not in needed:
            return 0.
        # Zero if all that was found may be the material's own.
        foreign = [max((self._heights[i] for i in self._of_group(companion, group)
                        if not self._is_own(self._at[i])), default=0.) for group in needed]
        telling = foreign[needed.index(companion.telling)]
        if not all(len(self._of_group(companion, group)) or any(map(self._hidden, group))
                   or any(self._covered(companion, at, telling) for at in group)
                   for group in needed):
            return 0.
        group = companion.unless_own
        if group and any(map(self._measured, group)) and not all(map(self._is_own, group)) \
                and not any(len(self._found(position)) for position in group):
            return 0.
        if telling:
            return telling if telling >= _CLEAR or not companion.clear else 0.
        if len(companion.needed) > 2 and sum(height > 0 for height in foreign) >= 2:
            return max(foreign)
        return 0.

    def _of_group(self, companion, group):
        # Who needs three bands together may have them farther away.
        many = len(companion.needed) > 2
        found = np.unique(np.concatenate([
            self._found(p, max(companion.reach(p), many * _shift(p)), companion.reach(p))
            for p in group]))
        # What is farther than near, and at a band of the material, is that band.
        return [i for i in found if min(abs(self._at[i] - p) for p in group) <= NEAR
                or not any(abs(band.wavenumber - self._at[i]) <= NEAR for band in self._own)]

    def _hidden(self, position):
        """Whether a strong band of the material, found in the spectrum, hides one."""
        return any(abs(band.wavenumber - position) <= _APART and (band.height or 0) >= .3
                   and len(self._found(band.wavenumber, _FARTHER, NEAR)) for band in self._own)

    def _covered(self, companion, position, height):
        """Whether bands of the material stand on a broad one, at least as high as another."""
        if companion.reach(position) < _BROAD or not height:
            return False
        around = self._spectrum[np.abs(self._axis - position) <= _AROUND]
        level = np.interp(position, self._axis, self._spectrum) - around.min()
        return level >= height * np.ptp(self._spectrum)

    def _of_companion(self, at, companions):
        """The band of a companion at a position, by preference of one that needs a band there."""
        height, found = self._height(at), []
        for one, telling in companions.items():
            near = [centre for centre, width in one.bands
                    if -max(NEAR, _SHOULDERS * width, _shift(centre)) <= at - centre
                    <= max(NEAR, _SHOULDERS * width)]
            needs = bool({*sum(one.needed, ())}.intersection(near))
            if near and height <= telling * _HIGHER[not needs]:
                found.append((not needs, one))
        return companion_band(min(found, key=lambda pair: pair[0])[1], at) if found else None

    def _farther(self, at):
        near = [band for band in self._own if (band.height or 0) >= _STRONG
                and abs(band.wavenumber - at) <= max(_FARTHER, *(
                    reach for word, reach in _VARIES.items() if word in band.assignment), 0)]
        return min(near, key=lambda band: abs(band.wavenumber - at), default=None)

    def _carbon_dioxide(self, at):
        """Its stretch, or the sharp branch of its bend."""
        sharp = abs(at - CARBON_DIOXIDE[2][0]) <= _ON_LINE
        stretch = at > _ABOVE and gas_at(at) == "carbon dioxide"
        return self._air(at) if sharp or stretch else None

    def _of_vapour(self, at):
        """Whether an absorption is no higher and no broader than the lines of vapour there."""
        if not self._vapour or gas_at(at) != "water vapour":
            return False
        widest = _MERGED if _CROWDED[0] <= at <= _CROWDED[1] else _NARROW
        return any(self._widths[i] <= widest and self._heights[i] <= _HIGHEST * self._vapour
                   for i in self._found(at, .01, .01))

    def _gas(self, at):
        """Carbon dioxide anywhere in its regions; water vapour if narrow and on a line."""
        narrow = self._widths[self._found(at, .01, .01)].min(initial=np.inf) <= _NARROW
        on_line = any(abs(line - at) <= _ON_LINE for line, _ in WATER_VAPOUR)
        return self._air(at) if gas_at(at) == "carbon dioxide" or (
            gas_at(at) and narrow and on_line) else None

    @staticmethod
    def _air(at):
        return Band(AIR, at, gas_at(at), None, "")

    def _foreign(self, at):
        """The polymer most of whose strong bands are there, by its band at a position (cm-1)."""
        if at >= _C_H - NEAR:
            return None  # C-H stretches are those of anything organic
        for codes in (self._others, [code for code in NAMES if code not in COMPANION_MATERIALS]):
            best, score = None, _SHARE
            for code in codes:
                near = [band for band in assignments(at, self._tolerance, [code])
                        if (band.height or 0) >= _VISIBLE and not is_added(band)
                        ] if code not in self.known else []
                if near and (share := self._second(near[0], at)[0]) >= score:
                    best, score = near[0], share
            if best:
                return best
        return None

    def _is_there(self, code):
        """Whether a polymer shows most of its bands, the strongest among them."""
        if code in self.known or code in COMPANION_MATERIALS:
            return False
        strongest = max((band for band in BANDS[code] if band.wavenumber < _C_H and band.height
                         and self._measured(band.wavenumber) and not is_added(band)
                         and not self._explained(band.wavenumber)),
                        key=lambda band: band.height, default=None)
        if strongest is None:
            return False
        at = self._at[self._found(strongest.wavenumber)]
        share, count = max((self._second(strongest, one) for one in at), default=(0., 0))
        return share >= _MOST[0] and count >= _MOST[1]

    def _second(self, first, at):
        """Share and number of a polymer's other strong bands that nothing else explains."""
        below = [band for band in BANDS[first.material] if band.wavenumber < _C_H and band.height
                 and self._measured(band.wavenumber) and not is_added(band)]
        least = _SECOND * min(1, max(band.height for band in below))
        strong = [band for band in below if band.height >= least
                  and abs(band.wavenumber - at) > _APART
                  and not self._explained(band.wavenumber)]
        expected = _EXPECTED * self._height(at) / first.height
        found = [band for band in strong if any(
            self._heights[i] >= expected * band.height and not self._explained(self._at[i])
            and abs(self._at[i] - at) > _APART
            for i in self._found(band.wavenumber, max(NEAR, _shift(band.wavenumber))))]
        share = sum(band.height for band in found) / (sum(band.height for band in strong) or 1)
        return share, len(found)

    def _explained(self, at, reach=NEAR):
        return any(abs(band.wavenumber - at) <= reach for band in self._own) \
            or self._is_own(at) or self._of_companion(at, self._companions) is not None

    @staticmethod
    def _vibration(at):
        text = common_vibration(at) or "C-H stretch" * (_ALKYL[0] <= at <= _ALKYL[1])
        return Band("", at, text, None, "") if text else None

    def _rises(self):
        """Whether absorbance rises all the way down from 760 cm-1 to the end."""
        part = self._spectrum[self._axis <= _RISE]
        if len(part) < 3:
            return False
        parts = [piece.mean() for piece in np.array_split(part, 3)]
        return parts[0] > parts[1] > parts[2] \
            and parts[0] - parts[2] >= _RISEN * np.ptp(self._spectrum)
