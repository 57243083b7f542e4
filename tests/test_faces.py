"""Names used by other programs and saved models are still available."""
import pickle
from importlib import import_module

import numpy as np
import pytest

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.resample import _ResampledFeature

#: Names of release 0.1 that are documented in doc/scripting.md or used in its benchmarks.
NAMES = {
    "dcnet": ["DCNetLearner", "REGIONS"],
    "datasets": ["SETS", "POLYMERS", "load", "join", "fetch", "is_available", "MissingData",
                 "FetchError", "data_dir"],
    "mixing": ["mix", "split_sources", "Mixing", "Mixer", "count", "combination_name"],
    "simulation": ["simulate", "peaks", "SEVEN", "TWELVE"],
    "labels": ["check_labels", "Rule", "Verdict", "SAME"],
    "explanation": ["explain_table", "class_views", "importance_table", "bands_table"],
    "model": ["DCNetModel"],
    "axis": ["Resample"],
}


@pytest.mark.parametrize("module", NAMES)
def test_names_of_the_first_release(module):
    face = import_module(f"orangecontrib.microplastics.{module}")
    for name in NAMES[module]:
        assert hasattr(face, name), name
        assert name in face.__all__, name


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
