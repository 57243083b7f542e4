"""Regions of the air: what they leave to be seen of a material."""
import unittest

from orangecontrib.microplastics.labels.nitrile import NEAR, NITRILE
from orangecontrib.microplastics.materials.atmosphere import (
    ATMOSPHERE,
    CARBON_DIOXIDE_REGIONS,
    CARBON_DIOXIDE_STRETCH,
    OUTSIDE_BANDS,
)


class TestRegions(unittest.TestCase):
    def test_the_nitrile_band_is_not_taken_for_carbon_dioxide(self):
        """Its half width is up to 15 cm-1; a region from 2250 on missed an ABS spectrum."""
        for low, high in OUTSIDE_BANDS:
            self.assertFalse(low < NITRILE + NEAR + 15 and high > NITRILE - NEAR - 15)

    def test_carbon_dioxide_lies_in_all_regions_of_it(self):
        regions = [(region.low, region.high) for region in ATMOSPHERE
                   if region.name == "carbon dioxide"]
        for centre, width, _ in CARBON_DIOXIDE_STRETCH:
            for table in (OUTSIDE_BANDS, CARBON_DIOXIDE_REGIONS, regions):
                self.assertTrue(any(low < centre - width and centre + width < high
                                    for low, high in table))


if __name__ == "__main__":
    unittest.main()
