"""Residual bands get the name that chemistry expects, or none."""
import numpy as np
import pytest

from orangecontrib.microplastics.confidence.origins import origins
from orangecontrib.microplastics.confidence.residual_bands import (
    LISTED,
    expected,
    put_first,
    unexplained,
)
from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.materials.companions import WATER
from orangecontrib.microplastics.materials.contaminants import CONTAMINANTS, gaussians
from orangecontrib.microplastics.materials.names import NAMES
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import wavenumbers

GRID = np.arange(700, 3901, 4.)
CLASSES = ("PA", "PE", "PP", "PS", "PVC")
ABS = "C#N stretch (nitrile): acrylonitrile butadiene styrene"


def named(name, *bands, grid=GRID, usual=None):
    """Band and text of one spectrum with residual bands (cm-1, multiple of the usual height)."""
    maxima, multiples = np.full((2, 1, LISTED + 2), np.nan)
    for i, (place, multiple) in enumerate(bands):
        maxima[0, i], multiples[0, i] = place, multiple
    found = origins(maxima, multiples, np.zeros(1, int), [name], grid,
                    None if usual is None else [usual])
    return found.bands[0], found.texts[0]


class TestFromListedBands:
    @pytest.mark.parametrize("material", NAMES)
    def test_own_bands_are_never_unexplained(self, material):
        for band in BANDS[material]:
            for shift in (-10, 0, 10):
                place, text = named(material, (band.wavenumber + shift, 9))
                assert np.isnan(place) and text == "", band

    def test_the_shape_of_a_strong_band_is_its_own(self):
        """A shift of the carbonyl or amide band appears beside it."""
        for name, place in (("PET", 1732), ("PA", 1652), ("PA", 1620)):
            assert np.isnan(named(name, (place, 3))[0])
        # Next to a weak band, another is resolved.
        assert named("PE", (1320, 3))[0] == 1320

    def test_own_bands_of_all_components(self):
        for place in (1716, 1635):
            assert np.isnan(named("PA + PET", (place, 3))[0])
            assert named("PE + PP", (place, 3))[0] == place

    def test_the_next_band_is_reported(self):
        assert named("PA", (1635, 4), (2237, 2), (1537, 1.5)) == (2237, ABS)
        assert named("PA", (1635, 4), (2237, .9)) == (pytest.approx(np.nan, nan_ok=True), "")

    def test_bands_of_a_class_without_a_table(self):
        assert named("elastomer", (1690, 3))[0] == 1690
        assert np.isnan(named("elastomer", (1690, 3), usual=[1686])[0])

    @pytest.mark.parametrize("name", ["PE", "PP", "PS", "PVC"])
    def test_carbonate_needs_both_bands(self, name):
        assert named(name, (876, 3), (1424, .6)) == (876, "carbonate (874, 1420)")
        for one in (876, 1424):
            assert "carbonate" not in named(name, (one, 3))[1]

    def test_carbonate_is_not_told_from_polyester(self):
        """It has bands of its own at 874 and 1408."""
        assert "carbonate" not in named("PET", (876, 3), (1424, 2))[1]

    def test_phthalate(self):
        bands = (1726, 3), (1272, 2), (1124, 2), (1072, 1)
        for name in ("PE", "PS", "PVC"):
            assert named(name, *bands)[1].startswith("phthalate"), name
        assert not named("PE", *bands[:2])[1].startswith("phthalate")
        # Polyesters of terephthalic acid have bands near three of the four.
        assert not named("PE", (1720, 3), (1265, 2), (1120, 2), (1099, 2))[1].startswith(
            "phthalate")

    def test_other_plasticisers_have_one_name(self):
        """Adipates, citrates and DINCH are not told apart; wax is an ester, too."""
        for place in (1172, 1180):
            assert named("PVC", (1736, 3), (place, 2)) == (
                place, "ester plasticiser or wax (1736, 1176)")
        assert "plasticiser" not in named("PVC", (1736, 3))[1]
        assert "plasticiser" not in named("PVC", (1172, 3))[1]
        # Polyurethane and cellulose acetate in PVC.
        assert "plasticiser" not in named("PVC", (1732, 3), (1160, 2))[1]
        # Other polymers are not plasticised.
        assert named("PE", (1736, 3), (1172, 2))[1] == "ester, as of wax (1738, 1170)"

    def test_silicate(self):
        assert named("PE", (1030, 3), (796, .6)) == (1030, "silicate (1020, 800)")
        for bands in ([(1030, 3)], [(796, 3)], [(1030, .6), (796, 3)]):
            assert "silicate" not in named("PE", *bands)[1]
        # Silicone also has Si-CH3.
        assert named("PE", (1030, 3), (796, 2), (1260, 2))[1].startswith("silicone")

    def test_protein_needs_both_amide_bands(self):
        assert named("PE", (1652, 2), (1540, .7))[1].startswith("protein")
        assert "protein" not in named("PE", (1652, 2))[1]

    def test_the_amide_of_nylon_is_neither_water_nor_protein(self):
        for name in ("PA", "nylon", "PA + PE"):
            for first in np.arange(1600, 1672, 4):
                text = named(name, (first, 3), (1550, 2), (3400, 2), (3300, 2))[1]
                assert not {"water", "protein", "stearate"}.intersection(text.split()), text

    def test_stearate_needs_c_h_unless_the_polymer_has_it(self):
        assert named("PE", (1576, 2), (1540, 1.5)) == (1576, "stearate")
        assert named("PET", (1560, 2), (2918, 1), (2850, 1))[1] == "stearate"
        assert "stearate" not in named("PET", (1560, 2))[1]
        # With the amide I band it is a protein.
        assert "stearate" not in named("PE", (1544, 2), (1652, 1))[1]

    def test_oxidation_of_polymers_without_carbonyl(self):
        assert named("PE", (1716, 2)) == (1716, "oxidation")
        assert np.isnan(named("PET", (1716, 2))[0])
        # A copolymer has another band.
        assert "vinyl acetate" not in named("PE", (1736, 2))[1]

    def test_diamond_and_air(self):
        assert named("PE", (2160, 2), (2028, 1))[1].startswith("diamond")
        assert named("PE", (2264, 2)) == (2264, "carbon dioxide")
        lines = (1456, 1), (1508, 2), (1540, 2), (1652, 1), (1716, 1)
        assert named("PVC", *lines)[1].startswith("water vapour")
        assert "vapour" not in named("PVC", *lines[:3])[1]

    def test_nitrile_needs_no_second_band(self):
        for name in ("PE", "PS", "PMMA"):
            assert named(name, (2236, 2))[1] == ABS

    def test_a_foreign_polymer_needs_a_second_band(self):
        """A band near one in the tables proves nothing."""
        polymers = set(NAMES.values())
        for place in np.arange(704, 1900, 4.):
            text = named("PE", (place, 5))[1]
            assert not any(polymer in text for polymer in polymers), (place, text)

    @pytest.mark.parametrize("foreign, bands", [
        ("PET", [(1720, 3), (1248, 3), (1100, 2), (724, 2), (1264, 1)]),
        ("PMMA", [(1724, 3), (1144, 3), (1192, 2), (1240, 1)]),
        ("PS", [(700, 4), (756, 3), (1492, 2), (1604, 1)]),
        ("PVC", [(1252, 3), (1428, 2), (964, 2), (1332, 1)])])
    def test_foreign_polymers(self, foreign, bands):
        text = named("PE", *bands)[1]
        # Polystyrene and ABS differ in two of their strong bands.
        assert text.split(": ")[1].split(" or ")[0] == NAMES[foreign], text
        # Half of the bands are something else.
        others = [(2100 + 40 * i, size + .5) for i, (_, size) in enumerate(bands)]
        assert NAMES[foreign] not in named("PE", *bands[:2], *others)[1]

    def test_a_few_of_many_bands_are_not_enough(self):
        assert NAMES["PVC"] not in named("PE", (1252, 3), (964, 2))[1]
        assert NAMES["PU"] not in named("PE", (1532, 3), (1224, 2))[1]

    def test_bands_that_the_class_hides_are_not_required(self):
        """The bend of polyethylene at 1468 is not resolved from that of polypropylene, 1454."""
        assert named("PP", (2848, 1.2), (724, 1.1))[1] == f"CH2 rock: {NAMES['PE']}"

    def test_c_h_stretches_do_not_tell_a_polymer(self):
        place, text = named("PET", (2920, 3), (2852, 2))
        assert place == 2920 and ":" not in text

    def test_only_a_vibration(self):
        """The tables agree that it is C=O, and on nothing else."""
        assert named("CE", (1716, 2)) == (1716, "C=O stretch")

    def test_several(self):
        assert named("PE", (876, 3), (1424, 2), (2236, 1.5)) == \
            (876, f"carbonate (874, 1420); {ABS}")
        place, text = named("PE", (2100, 4), (876, 3), (1424, 2))
        assert (place, text) == (2100, "also carbonate (874, 1420)")

    def test_bands_beyond_the_grid_are_not_required(self):
        short = np.arange(700, 1300, 4.)
        assert named("PE", (876, 3), grid=short) == (876, "carbonate (874)")
        # The band that tells it is.
        assert named("PE", (1424, 3), grid=np.arange(900, 1801, 4.))[1] != "carbonate (1420)"

    def test_nothing(self):
        found = origins(*np.full((2, 0, LISTED + 2), np.nan), np.zeros(0, int), ["PE"], GRID)
        assert found.bands.shape == found.texts.shape == (0,)
        assert np.isnan(named("PE")[0])
        assert np.isnan(named("PE", (1424, 1), (876, .9))[0])


class TestFromSpectra:
    @classmethod
    def setup_class(cls):
        def on_grid(data):
            axis = wavenumbers(data.domain)
            order = np.argsort(axis)
            return np.array([np.interp(GRID, axis[order], x) for x in data.X[:, order]]), \
                data.Y.astype(int)
        cls.seen = (GRID <= 1850) | ((GRID >= 2700) & (GRID <= 3100))
        X, y = on_grid(simulate(CLASSES, n=250, seed=0))
        cls.known = expected(X, y, GRID, cls.seen)
        cls.X, cls.y = on_grid(simulate(CLASSES, n=150, seed=1))

    def look(self, name, bands=(), height=.3):
        c = CLASSES.index(name)
        X = self.X[self.y == c]
        X = X - X.min(axis=1, keepdims=True)
        if bands:
            shape = gaussians(GRID, bands)
            X = X + height * np.ptp(X, axis=1)[:, None] * shape / shape.max()
        classes = np.full(len(X), c)
        return unexplained(X, classes, GRID, self.seen, self.known), classes

    def texts(self, *args, **kwargs):
        found, classes = self.look(*args, **kwargs)
        return origins(found.maxima, found.multiples, classes, CLASSES, GRID).texts

    @pytest.mark.parametrize("contaminant, start", [
        ("carbonate", "carbonate (874, 1420)"), ("silicate", "silicate (1020, 800)"),
        ("phthalate", "phthalate"), ("carboxylate", "stearate"),
        ("amide", "protein or biofilm"), ("ester", "ester")])
    def test_companions_on_polyethylene(self, contaminant, start):
        texts = self.texts("PE", CONTAMINANTS[contaminant])
        assert np.mean([start in text for text in texts]) > .9, texts

    def test_water(self):
        for name in ("PE", "PP", "PS"):
            texts = self.texts(name, WATER)
            assert np.mean(["water (1640, 3400)" in text for text in texts]) > .8, texts
        assert not any("water" in text for text in self.texts("PA", WATER))

    def test_minerals_have_a_name_though_they_do_not_lower_the_score(self):
        plain, (found, _) = self.look("PE")[0], self.look("PE", CONTAMINANTS["carbonate"])
        assert np.mean(found.excess > 1) < np.mean(plain.excess > 1) + .1
        assert np.mean(np.nanmin(np.abs(found.maxima - 874), axis=1) < 8) > .9

    def test_nitrile(self):
        assert np.mean(self.texts("PS", [(2237, 6, 1)], .15) == ABS) > .9

    def test_known_spectra_get_no_foreign_polymer(self):
        for name in CLASSES:
            assert np.mean([":" in text for text in self.texts(name)]) < .05

    def test_blends(self):
        c = CLASSES.index("PE")
        mean = np.mean(self.X[self.y == CLASSES.index("PVC")], axis=0)
        X = self.X[self.y == c]
        X = X / np.ptp(X, axis=1)[:, None] + .6 * (mean - mean.min()) / np.ptp(mean)
        found = unexplained(X, np.full(len(X), c), GRID, self.seen, self.known)
        texts = origins(found.maxima, found.multiples, np.full(len(X), c), CLASSES, GRID).texts
        assert np.mean([NAMES["PVC"] in text for text in texts]) > .8, texts

    def test_bands_found_otherwise_are_named_first(self):
        found, classes = self.look("PS")
        rows = np.arange(3)
        put_first(found, rows, np.full(3, 2236.), np.full(3, 1.7))
        texts = origins(found.maxima, found.multiples, classes, CLASSES, GRID).texts
        assert all(ABS in text for text in texts[:3])
