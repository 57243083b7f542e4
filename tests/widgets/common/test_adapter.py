"""What adapting to own spectra brought, in words."""
import numpy as np
import pytest

from orangecontrib.microplastics.dcnet.adapt import Adaptation, OwnSpectra
from orangecontrib.microplastics.widgets.common.adapter import describe

NONE = OwnSpectra(None, {}, 0)


@pytest.mark.parametrize("before, after, words", [
    (.5, .8, "50% had their own name before and 80% after."),
    (.8, .7, ": no clear difference."),
    (.8, .5, ": adapting does not help here; disconnect the own spectra.")])
def test_gain(before, after, words):
    text = describe(Adaptation(None, 30, 10, before, after, .99, .98), NONE)
    assert text.startswith("Adapted to 30 own spectra. Of 10 kept aside for a trial, ")
    assert words in text and "99% before and 98% after" in text and "Left out" not in text


def test_too_few_to_tell():
    text = describe(Adaptation(None, 6, 0, np.nan, np.nan, 1., 1.),
                    OwnSpectra(None, {"PTFE": 3, "PVA": 1}, 2))
    assert "cannot be measured" in text
    assert "Left out: 4 of materials that the model does not know (PTFE, PVA)." in text
    assert "Left out: 2 empty, constant or too short." in text
