"""Names used by other programs and saved models are still available."""
import pickle
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.resample import _ResampledFeature

#: All names that modules of release 0.1 exported, where doc/scripting.md showed the module or
#: its pickles name it.
NAMES = {
    "dcnet": ["DCNetLearner", "REGIONS"],
    "datasets": ["SETS", "SetInfo", "POLYMERS", "FetchError", "MissingData", "data_dir",
                 "is_available", "fetch", "load", "join", "DOWNLOAD_SIZE", "DISK_SIZE",
                 "REQUIREMENT", "FOLDER_VARIABLE"],
    "mixing": ["Mixing", "Mixer", "Drawn", "mix", "count", "component_means", "split_sources",
               "parse_ratios", "combination_name", "TransmittanceError", "COMBINATION", "MAIN"],
    "simulation": ["simulate", "peaks", "SEVEN", "TWELVE"],
    "labels": ["Rule", "Verdict", "REGIONS", "SAME", "check_labels", "LabelCheck",
               "class_medians"],
    "explanation": ["PREDICTED", "Explained", "ClassView", "explain_table", "class_views",
                    "components", "importance_table", "bands_table"],
    "figures": ["gradcam_figure", "spectra_figure"],
    "reasons": ["Reason", "SpectrumView", "spectrum_views", "choose_mixtures", "spread_rows",
                "actual_classes"],
    "model": ["DCNetModel", "Answer", "PredictionWarning", "CoverageWarning", "ScaleWarning",
              "ScaleError"],
    "axis": ["wavenumbers", "spectral_columns", "uniform_grid", "is_uniform",
             "resampling_matrix", "fill_missing", "covered", "gap_limit", "check_unit",
             "Resample", "name_of", "told"],
}

#: Imports in doc/scripting.md of release 0.1, word for word.
SCRIPTING = """\
from orangecontrib.microplastics.simulation import simulate
from orangecontrib.microplastics.mixing import mix, split_sources
from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.dcnet import DCNetLearner
from orangecontrib.microplastics.explanation import bands_table, class_views, explain_table
from orangecontrib.microplastics.explanation import importance_table
from orangecontrib.microplastics.figures import spectra_figure
from orangecontrib.microplastics.reasons import spectrum_views
"""


@pytest.mark.parametrize("module", NAMES)
def test_names_of_the_first_release(module):
    face = import_module(f"orangecontrib.microplastics.{module}")
    for name in NAMES[module]:
        assert hasattr(face, name), name
        assert name in face.__all__, name


def test_names_of_simulated_materials():
    """Twelve polymers became seventeen: the old name goes on working, and holds all of them."""
    from orangecontrib.microplastics import simulation
    assert {"ALL_POLYMERS", "NATURAL"} <= set(simulation.__all__)
    assert simulation.TWELVE is simulation.ALL_POLYMERS
    assert set(simulation.SEVEN) < set(simulation.ALL_POLYMERS)
    assert not set(simulation.NATURAL) & set(simulation.ALL_POLYMERS)


@pytest.mark.parametrize("line", SCRIPTING.splitlines())
def test_imports_of_the_first_scripting_page(line):
    names = {}
    exec(line, names)
    for name in line.partition(" import ")[2].split(", "):
        assert callable(names[name]) or name == "datasets"


def test_the_change_log_names_all_import_paths_that_remain():
    text = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    paths = re.search("Imports from (.*?) go on working", text, re.DOTALL)[1]
    assert set(re.findall("`([a-z]+)`", paths)) == set(NAMES)


def test_a_model_that_release_0_1_pickled_is_loaded():
    data = simulate(["PE", "PP"], 20, noise=.005, seed=1)
    model = DCNetLearner(epochs=1, widths=(8, 8, 8))(data)
    # Protocol 0 stores names of classes as plain text, which can be replaced by those of 0.1.
    text = pickle.dumps(model, protocol=0)
    for new, old in ((type(model).__module__, "model"), (_ResampledFeature.__module__, "axis")):
        new = f"c{new}\n".encode()
        assert new in text
        text = text.replace(new, f"corangecontrib.microplastics.{old}\n".encode())
    again = pickle.loads(text)
    np.testing.assert_array_equal(again(data), model(data))
