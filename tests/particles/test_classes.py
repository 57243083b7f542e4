"""Size classes of standards, of an edited file, and as typed."""
import json

import numpy as np
import pytest

from orangecontrib.microplastics.materials.names import material_code
from orangecontrib.microplastics.particles.classes import FILE, MEASURES, PER, UNSIZED, load, typed
from orangecontrib.microplastics.particles.sizes import Sizes

#: Polymers in the scope of ISO 16094-2 and in the annex of EU 2024/1441.
TEN = {"PE", "PP", "PET", "PC", "PS", "PTFE", "PVC", "PA", "PMMA", "PU"}


def sizes(feret_max, aspect=1., **others):
    """Sizes of particles of which the Feret maximum is known."""
    feret_max = np.asarray(feret_max, float)
    made = Sizes.unknown(len(feret_max))
    for name, values in {"feret_max": feret_max, "aspect": aspect, **others}.items():
        getattr(made, name)[:] = values
    return made


# ------------------------------------------------------------------------------ of standards

@pytest.mark.parametrize("name, smallest, largest, longest, per", [
    ("ISO 16094-2:2025", 1, 5000, 5000, "L"), ("EU 2024/1441", 20, 5000, 15000, "m3")])
def test_the_scope_of_each_standard(name, smallest, largest, longest, per):
    classes = load()[name]
    assert (classes.limits[0], classes.limits[-1]) == (smallest, largest)
    assert (classes.fibre_limits[0], classes.fibre_limits[-1]) == (smallest, longest)
    assert set(classes.polymers) == TEN and len(classes.polymers) == 10
    assert classes.per == per


def test_standards_name_their_source_and_what_was_not_read():
    for classes in load().values():
        assert classes.source and classes.measure in MEASURES and classes.per in PER
        assert classes.certain or "as entered" in classes.note
        # PTFE has no table of bands.
        assert all(material_code(code) == code for code in classes.polymers if code != "PTFE")


def test_litres_of_the_volumes():
    assert PER == {"m3": 1000, "L": 1, "sample": None}


def test_classes_have_names():
    assert typed("20 50 1000").labels() == ["<\u00a020\u00a0µm", "20\u201350\u00a0µm",
                                            "50\u20131000\u00a0µm", "≥\u00a01000\u00a0µm"]


# ------------------------------------------------------------------------------ of particles

def test_a_particle_on_a_limit_is_in_the_class_above_it():
    classes = typed("20, 50, 100")
    found = classes.which(sizes([19.999, 20, 49.999, 50, 99.999, 100, 1e5]))
    assert list(found) == [0, 1, 1, 2, 2, 3, 3]


def test_fibres_have_limits_of_their_own():
    classes = load()["EU 2024/1441"]
    labels = classes.labels()
    assert labels[-2:] == ["5000\u201315000\u00a0µm", "too large"]
    fragment, fibre = classes.which(sizes([6000, 6000], aspect=[1, 10]))
    assert fibre == len(labels) - 2
    # Above its own limits.
    assert fragment == len(labels) - 1
    long, short = classes.which(sizes([15000, 19], aspect=10))
    assert (long, short) == (len(labels) - 1, 0)


def test_fibres_are_classed_by_length_whatever_the_measure():
    classes = typed("20, 50, 100", measure="diameter")
    found = classes.which(sizes([60, 60], aspect=[1, 6], diameter=30, feret_min=10))
    assert list(found) == [1, 2]
    assert list(typed("20, 50, 100", measure="feret_min").which(
        sizes([60], feret_min=10))) == [0]


def test_three_times_as_long_as_wide_is_no_fibre_yet():
    np.testing.assert_array_equal(sizes([60, 60], aspect=[3, 3.01]).fibre, [False, True])


def test_particles_without_size_have_no_class():
    classes = typed("20, 50")
    assert list(classes.which(sizes([np.nan, 30, np.nan], aspect=[np.nan, np.nan, 5]))) == \
        [UNSIZED, 1, UNSIZED]
    assert classes.which(Sizes.unknown(0)).shape == (0,)


# ------------------------------------------------------------------------------------- typed

@pytest.mark.parametrize("text", [
    "20, 50, 100; 300 1000 µm", "20-50-100-300-1000", "20 µm, 50 μm, 100 um / 300, 1000um",
    "  20\n50\t100,,300;1e3 "])
def test_limits_may_be_typed_in_many_ways(text):
    classes = typed(text, "diameter", "L", ("PE",))
    assert classes.limits == classes.fibre_limits == (20, 50, 100, 300, 1000)
    assert (classes.measure, classes.per, classes.polymers) == ("diameter", "L", ("PE",))
    assert classes.certain


@pytest.mark.parametrize("text, message", [
    ("", "two limits or more"), ("20", "two limits or more"), ("µm", "two limits or more"),
    ("20, 20", "above 0 and ascend"), ("50, 20", "above 0 and ascend"),
    ("0, 20", "above 0 and ascend"), ("-5, 20", "above 0 and ascend"),
    ("20, inf", "above 0 and ascend"), ("20, nan", "above 0 and ascend"),
    ("20, abc", "'abc' is no number"), ("20 mm, 50", "'mm' is no number")])
def test_what_is_wrong_with_typed_limits_is_said(text, message):
    with pytest.raises(ValueError, match=f"^Type the limits .* such as 20, 50, 100, 500: .*"
                                         f"{message}"):
        typed(text)


# ------------------------------------------------------------------------- the file is edited

def edited(tmp_path, **changed):
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    for key, value in changed.items():
        if value is KeyError:
            del entries["EU 2024/1441"][key]
        else:
            entries["EU 2024/1441"][key] = value
    path = tmp_path / "classes.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_the_file_can_be_edited(tmp_path):
    classes = load(edited(tmp_path, limits=[10, 50.5], fibre_limits=None, certain=True,
                          polymers=[], measure="diameter"))["EU 2024/1441"]
    assert classes.limits == classes.fibre_limits == (10, 50.5)
    assert classes.certain and classes.polymers == () and classes.measure == "diameter"


@pytest.mark.parametrize("changed, message", [
    ({"limits": KeyError}, "'limits' is missing"), ({"per": KeyError}, "'per' is missing"),
    ({"source": KeyError}, "'source' is missing"),
    ({"measure": "length"}, "the measure is one of feret_max, diameter, feret_min"),
    ({"per": "gallon"}, "counts are per m3, L, sample"),
    ({"limits": [20, 10]}, "above 0 and ascend"), ({"limits": [20]}, "two limits or more"),
    ({"limits": 20}, "iterable"), ({"limits": [20, "fifty"]}, "fifty"),
    ({"limits": [20, None]}, "NoneType"), ({"limits": "12"}, "list of numbers"),
    ({"fibre_limits": []}, "two limits or more"), ({"limits": [1, float("nan")]}, "ascend"),
    ({"polymers": "PE"}, "polymers are a list"), ({"polymers": None}, "polymers are a list"),
    ({"polymers": ["PE", "PE"]}, "different codes")])
def test_a_wrong_entry_is_named(tmp_path, changed, message):
    path = edited(tmp_path, **changed)
    with pytest.raises(ValueError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}, EU 2024/1441: ")


def test_an_entry_that_is_no_entry_is_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"My classes": [20, 50]}', encoding="utf-8")
    with pytest.raises(ValueError, match="My classes: "):
        load(path)


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{}", b"[]", b"{}", b"3"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "classes.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="size classes") as caught:
        load(path)
    assert str(path) in str(caught.value)
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path / "none.json")
