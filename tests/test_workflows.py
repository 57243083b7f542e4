"""Each example workflow, loaded with the installed widgets and run until it has finished."""
import logging
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from Orange.data import Table
from Orange.evaluation import CA
from orangewidget.tests.base import GuiTest
from running import Running, registry

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.simulation.polymers import simulate

FOLDER = Path(str(files("orangecontrib.microplastics.tutorials")))
WORKFLOWS = sorted(FOLDER.glob("*.ows"))


@pytest.fixture(scope="module")
def widgets():
    GuiTest.setUpClass()
    logging.disable(logging.INFO)
    yield registry()
    logging.disable(logging.NOTSET)


@pytest.fixture
def ready_made(monkeypatch, tmp_path):
    """A quickly trained model instead of the ready-made one."""
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))
    data = simulate(n=15, seed=5, biofilm=.3)
    model = DCNetLearner(epochs=15)(data)
    model.training["ready-made"] = ready.About(
        "2026-11-27", (), (), dict.fromkeys(data.domain.class_var.values, 15), False, "",
        "")._asdict()
    monkeypatch.setattr(ready, "load", lambda simulated=False, low=0: model)
    return model


@pytest.fixture
def run(widgets, request):
    """Run the workflow whose name starts with `number`; no widget may show an error."""
    def started(number):
        path, = FOLDER.glob(f"{number}-*.ows")
        running = Running(path, widgets).__enter__()
        request.addfinalizer(lambda: running.__exit__(None, None, None))
        assert running.messages() == {}
        return running
    return started


def accuracies(running, title):
    """Dict of learner to accuracy, in the order of Test and Score."""
    results = running.output(title, "Evaluation Results")
    return dict(zip(results.learner_names, CA(results), strict=True))


def test_identify(ready_made, run):
    flow = run(105)
    assert flow.output("Microplastics Model", "Model") is ready_made
    answers = flow.output("Identify Spectra", "Data")
    assert len(answers) == 35, "the example needs no network"
    right = [str(row["material"]) == str(row["polymer"]) for row in answers]
    assert np.mean(right) > .8
    assert {str(row["decision"]) for row in answers} <= {*DECISIONS}
    # The File widget waits for the user's file.
    assert flow.sent.get(("Your Spectra", "Data")) is None


def test_identify_without_a_model(monkeypatch, tmp_path, widgets):
    """On a new computer the workflow opens without an error, and says what to press."""
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))
    path, = FOLDER.glob("105-*.ows")
    with Running(path, widgets) as running:
        told = running.messages()
        assert list(told) == ["Microplastics Model"] and len(told["Microplastics Model"]) == 1
        assert "press Make the Model" in f"{told['Microplastics Model'][0]}"
        assert running.sent.get(("Microplastics Model", "Model")) is None
    assert list(tmp_path.iterdir()) == [], "nothing is fetched or made without a click"


def test_first_look(run):
    flow = run(110)
    accuracy, = accuracies(flow, "Test and Score").values()
    assert accuracy > .97, "the note says all"
    model = flow.output("Dual-Branch CNN", "Model")
    assert list(model.domain.class_var.values) == ["PE", "PP", "PS", "PET", "PVC", "PA", "PMMA"]
    assert flow.widget("Spectra").curveplot.feature_color.name == "polymer"


def test_first_look_overgrown(run):
    flow = run(110)
    flow.widget("Simulated Polymers").controls.biofilm.setValue(100)
    flow.finish()
    accuracy, = accuracies(flow, "Test and Score").values()
    assert .7 < accuracy < .93, "the note says four of five"
    results = flow.output("Test and Score", "Evaluation Results")
    names = np.array(results.domain.class_var.values)
    mistaken = results.predicted[0] != results.actual
    taken_for = names[results.predicted[0][mistaken].astype(int)].tolist()
    assert max(set(taken_for), key=taken_for.count) == "PE"


def test_mixtures_and_the_leak(run):
    flow = run(120)
    fair, leaky = accuracies(flow, "Fair Test"), accuracies(flow, "Leaky Test")
    # Fifteen combinations: guessing is right once in fifteen.
    assert all(.6 < accuracy < .88 for accuracy in fair.values()), "methods are alike"
    gains = [leaky[f"{method}, again"] - fair[method] for method in ("Random Forest", "kNN")]
    assert gains[0] > .12 and gains[1] > .05
    assert gains[0] > max(fair.values()) - min(fair.values()), \
        "the leak makes more difference than the choice of a method"
    results = flow.output("Fair Test", "Evaluation Results")
    names = [set(components_of(name)) for name in results.domain.class_var.values]
    pairs = [(names[int(a)], names[int(p)])
             for a, p in zip(results.actual, results.predicted[0], strict=True) if a != p]
    assert sum(actual < found for actual, found in pairs) > len(pairs) / 2, "a polymer too many"
    train, test = (_sources(flow.output("Mix Spectra", f"{part} Mixtures"))
                   for part in ("Training", "Test"))
    assert train and test and not train & test


def _sources(table):
    column, = (v for v in table.domain.metas if v.name.lower().startswith("source"))
    return {part.strip() for text in table.get_column(column) for part in str(text).split("+")}


def test_what_the_networks_looked_at(run):
    flow = run(130)
    bands = flow.output("Grad-CAM", "Bands")
    assert set(bands.domain.class_var.values) >= {"PE", "PP", "PS", "PET", "PVC", "PA", "PMMA"}
    importance = flow.output("Grad-CAM", "Importance")
    assert len(importance) == 210 and np.nanmax(importance.X) > 0
    # The classes have the names of the bottles, and the damp day is drawn.
    bottles = flow.widget("Grad-CAM, bottles")
    assert [view.name for view in bottles.views] == ["PP, old bottle", "PP, new bottle"]
    assert [len(view.rows) for view in bottles.views] == [60, 60]
    assert bottles.shown_name == "PP, new bottle"


def test_preprocessing(run):
    flow = run(140)
    scores = accuracies(flow, "Test and Score")
    methods = "Forest", "Logistic", "kNN", "Network"
    assert list(scores) == [f"{name}, {how}" for how in ("raw", "derived") for name in methods]
    assert flow.widget("Network, raw").derivative
    assert not flow.widget("Network, derived").derivative, "the spectra are derived already"


def test_attention(run):
    flow = run(150)
    assert list(accuracies(flow, "Test and Score")) == [
        "CBAM", "Channel Only", "Spatial Only", "No Attention"]


def test_particles(run):
    flow = run(170)
    found = flow.output("Particles", "Particles")
    counts = flow.output("Particles", "Counts")
    assert np.nansum(counts.get_column("all")) == len(found)
    # Pixels of particles are those that the simulation covered.
    image = flow.output("Filter", "Data")
    truly = image.domain.class_var.values.index("filter") != image.Y
    mapped = np.isfinite(flow.output("Particles", "Map").get_column("particle"))
    assert (truly & mapped).sum() > .8 * truly.sum() and (mapped & ~truly).sum() < .3 * truly.sum()
    # Pictures are coloured by polymers, and none is empty.
    assert len(flow.output("Grad-CAM", "Importance")) == len(found)
    assert flow.widget("Polymers on the Filter").imageplot.attr_x.name == "map_x"
    assert flow.widget("Bands of the Particles").curveplot.feature_color.name == "polymer"
    lengths = flow.widget("Length and Width")
    assert lengths.attr_color.name == "polymer" and lengths.attr_x.name.startswith("Feret min")


def test_real_spectra(run):
    scores = accuracies(run(180), "Test and Score")
    assert scores["Dual-Branch CNN"] > .9 and scores["Random Forest"] > .9


@pytest.mark.skipif(
    not all(map(datasets.is_available, ("jung_2018", "kedzierski_2019", "frond_2021",
                                        "villegas_camacho_2024_c8"))),
    reason="the published spectra are not on this computer")
def test_other_instrument(run):
    flow = run(160)
    assert len(flow.output("Check Labels", "Doubtful"))
    # Test data have all their labels: none is left out by comparison with the data to learn from.
    assert not flow.widget("Fourth Study").drop_doubtful
    who = flow.widget("Who Is Accepted?")
    assert (who.row_feature.name, who.col_feature.name) == ("polymer", "decision")
    cell = flow.output("Who Is Accepted?", "Filtered Data")
    assert {(str(row["polymer"]), str(row["decision"])) for row in cell} == {("ABS", "Accepted")}
    assert flow.widget("Spectra of a Cell").curveplot.feature_color.name == "material"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_file_is_plain_and_explained(path, widgets):
    scheme = ElementTree.parse(path).getroot()
    assert scheme.get("title") and len(scheme.get("description")) > 40
    # The subject must be clear in Orange's list of examples.
    assert "plastic" in scheme.get("title").lower() + scheme.get("description").lower()
    known = {w.qualified_name for w in widgets.widgets()}
    for node in scheme.iter("node"):
        assert node.get("qualified_name") in known
        assert node.get("project_name")
    notes = scheme.findall("annotations/text")
    assert len(notes) >= 3 and scheme.findall("annotations/arrow")
    # Boxes of text lie beside the widgets, not over them, and not over each other.
    boxes = [tuple(map(float, n.get("rect").strip("()").split(","))) for n in notes]
    places = [tuple(map(float, n.get("position").strip("()").split(",")))
              for n in scheme.iter("node")]
    for i, (x, y, w, h) in enumerate(boxes):
        for px, py in places:
            assert not (x - 30 < px < x + w + 30 and y - 50 < py < y + h + 30), notes[i].text
        for x2, y2, w2, h2 in boxes[i + 1:]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y, notes[i].text
    # All of it is seen at once on a screen of 1366 x 768, beside the toolbox.
    left = min(min(b[0] for b in boxes), min(x - 60 for x, _ in places))
    right = max(max(b[0] + b[2] for b in boxes), max(x + 60 for x, _ in places))
    top = min(min(b[1] for b in boxes), min(y - 30 for _, y in places))
    bottom = max(max(b[1] + b[3] for b in boxes), max(y + 50 for _, y in places))
    assert right - left <= 1000 and bottom - top <= 690, (right - left, bottom - top)
    text = path.read_text(encoding="utf-8")
    assert "/home/" not in text and "/root/" not in text and "/tmp/" not in text


def test_workflows_are_those_that_orange_lists():
    from Orange.canvas.config import Config
    listed = [ep.value for ep in Config.examples_entry_points()]
    assert "orangecontrib.microplastics.tutorials" in listed
    assert [p.name[:3] for p in WORKFLOWS] == ["105", "110", "120", "125", "130", "140", "150",
                                               "160", "170", "180"]


def test_data_of_the_lesson_needs_no_file():
    assert len(Table("collagen")) == 731


def test_how_much_of_each(run):
    """The figures that the lesson tells: parts found, errors, and what the intervals hold."""
    flow = run(125)
    answers = flow.output("Identify Spectra", "Data")
    assert len(answers) == 6 * 27
    wrong, held = [], []
    for name in ("PE", "PET", "PP", "PS"):
        truth = answers.get_column(f"fraction {name}")
        found, low, high = (answers.get_column(f"share {name}{end}")
                            for end in ("", ", low", ", high"))
        wrong.append(np.abs(found - truth))
        both = (truth > 0) & (found > 0)
        held.append(((low <= truth) & (truth <= high))[both])
        assert np.abs(found - truth)[truth >= .2].mean() < .1, name
        assert ((found > 0) == (truth > 0))[truth >= .3].mean() > .9, name
    assert np.mean(wrong) < .04
    assert np.mean(np.concatenate(held)) > .8
    # Components of the drawn spectrum, their sum, what is measured and what is left.
    fit = flow.output("Identify Spectra", "Fit")
    assert fit is not None and len(fit) >= 4
