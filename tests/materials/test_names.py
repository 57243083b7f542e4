"""How combinations are named and read again."""
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orangecontrib.microplastics.materials.names import (
    combination_name,
    components_of,
    is_combination,
    materials_of,
)


def _closed(name):
    depth = 0
    for letter in name:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


NAMES = st.lists(st.sampled_from(["PE", "b", "(", ")", " + ", "+", " "]), min_size=1,
                 max_size=7).map("".join).filter(_closed)


# No time limits: the machine that runs the tests may be busy.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NAMES, min_size=1, max_size=4))
def test_what_is_written_is_read(names):
    assert components_of(combination_name(names)) == sorted(names)


def test_names_that_hold_a_plus_are_one_component():
    assert combination_name(["PP", "PE + wax"]) == "(PE + wax) + PP"
    assert components_of("(PE + wax) + PP") == ["PE + wax", "PP"]
    assert not is_combination(combination_name(["PE + wax"]))
    assert is_combination("PE + PP")


def test_brackets_of_a_name_stay():
    assert components_of("PE (aged) + Nylon (6)") == ["PE (aged)", "Nylon (6)"]
    assert components_of("(unknown)") == ["(unknown)"]


def test_materials_of_a_combination():
    assert materials_of("HDPE + PP") == ["PE", "PP"]
    assert materials_of("(LDPE + wax) + PS") == ["PS"]
