"""Percentages just below 100 % are not rounded to 100 %."""
import pytest

from orangecontrib.microplastics.widgets.common.texts import percent


@pytest.mark.parametrize("share, digits, text", [
    (1, 0, "100%"), (0, 0, "0%"), (.5, 0, "50%"), (.8766, 1, "87.7%"), (1., 1, "100.0%"),
    (2990 / 3000, 0, "99.7%"), (10 / 3000, 0, "0.3%"), (.9996, 1, "99.96%"),
    (.004, 0, "0.4%"), (1 - 1e-7, 0, ">99.9%"), (1e-7, 1, "<0.1%"),
    (.994, 0, "99%"), (.995, 0, "99.5%"), (float("nan"), 1, "-")])
def test_percent(share, digits, text):
    assert percent(share, digits) == text
