"""Items that a report states, after Cowger et al. 2020."""
from itertools import groupby

import pytest

from orangecontrib.microplastics.particles.items import ASKED, ITEMS, filled, item


def test_keys_are_unique_and_groups_together():
    keys = [one.key for one in ITEMS]
    assert len(set(keys)) == len(keys)
    groups = [group for group, _ in groupby(one.group for one in ITEMS)]
    assert len(set(groups)) == len(groups)
    assert all(one.title and one.hint for one in ITEMS)


def test_asked_are_what_the_program_cannot_know():
    assert {"sample", "instrument", "mode", "procedural_blanks", "digestion"} <= set(ASKED)
    assert not {"model", "hash", "software", "preprocessing", "edits"} & set(ASKED)
    assert set(ASKED) == {one.key for one in ITEMS if not one.automatic}
    assert item("mode").group == "Instrument"


def test_unknown_items_stay_visible():
    content = filled({"sample": " River 3 ", "mode": "  ", "model": "DCNet"})
    assert sum(len(rows) for _, rows in content) == len(ITEMS)
    rows = {(group, title): text for group, rows in content for title, text in rows}
    assert rows["Sample and field", "Sample"] == "River 3"
    assert rows["Instrument", "Mode"] is None
    assert rows["Identification", "Model"] == "DCNet"
    assert sum(text is None for text in rows.values()) == len(ITEMS) - 2


def test_a_key_that_is_none():
    with pytest.raises(ValueError, match="no item 'colour'"):
        filled({"colour": "blue"})
