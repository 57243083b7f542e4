"""What a ready-made model knows and learnt from: lists, texts, and its references as a Table."""
from __future__ import annotations

from html import escape

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.materials.names import (
    POLYMERS,
    combination_name,
    is_combination,
)
from orangecontrib.microplastics.ready import About
from orangecontrib.microplastics.spectra.axis import name_of
from orangecontrib.microplastics.widgets.common.texts import percent

__all__ = ["materials", "mixtures", "sources", "sources_text", "measured_text",
           "reference_table"]


def materials(model: DCNetModel | None, facts: About | None) -> list[list]:
    """Rows (code, full name, number of spectra) of the materials that the model knows.

    Without a model: of those that it will know, without numbers.
    """
    if model is None:
        return [[name, POLYMERS.get(name, name), ""] for name in ready.MATERIALS]
    return [[name, POLYMERS.get(name, name), facts.materials.get(name, 0)]
            for name in model.domain.class_var.values if not is_combination(name)]


def mixtures(model: DCNetModel | None) -> list[str]:
    """Mixtures that the model knows, or will know."""
    if model is None:
        return sorted(map(combination_name, ready.BLENDS))
    return [name for name in model.domain.class_var.values if is_combination(name)]


def sources(facts: About | None) -> list[tuple[str, str, str]]:
    """(title, reference, address) of each published set; the address may be empty."""
    known = {info.title: info for info in datasets.SETS.values()}
    titles = [datasets.SETS[name].title for name in ready.SETS_USED] if facts is None \
        else facts.sets
    return [(title, known[title].reference, known[title].url) if title in known
            else (title, "", "") for title in titles]


def sources_text(facts: About | None) -> str:
    """Published sets with links to their references, as rich text."""
    if facts is not None and facts.simulated:
        return "<b>Simulated spectra</b>, made from tables of bands."
    lines = [f'{escape(title)}: <a href="{url}">{escape(reference)}</a>' if url
             else escape(title) for title, reference, url in sources(facts)]
    return "Please cite those whose spectra you use:<br>" + "<br>".join(lines)


def measured_text(measured: dict) -> str:
    """Accuracy on a study left out of training, as rich text (see :mod:`.ready.measured`)."""
    shares = {key: percent(measured[key])
              for key in ("right", "pair", "wrong", "unknown accepted")}
    return (f"On {measured['n']:,.0f} spectra of <b>{escape(measured['study'])}</b>, left out of "
            "training for this test."
            "<table cellspacing='0' cellpadding='1'>"
            "<tr><td colspan='2'>Materials that it knows:</td></tr>"
            f"<tr><td>accepted, right</td><td align='right'>&nbsp;{shares['right']}</td></tr>"
            f"<tr><td>accepted, as part of a mixture</td>"
            f"<td align='right'>&nbsp;{shares['pair']}</td></tr>"
            f"<tr><td>accepted, wrong</td><td align='right'>&nbsp;{shares['wrong']}</td></tr>"
            "<tr><td colspan='2'>Materials that it does not know:</td></tr>"
            f"<tr><td>accepted</td><td align='right'>&nbsp;{shares['unknown accepted']}</td></tr>"
            "</table>All others are to be inspected, or unknown.")


def reference_table(model: DCNetModel) -> Table:
    """The references of a model: absorbance from 0 to 1 on its grid, material, name and study."""
    known = model.references
    domain = Domain([ContinuousVariable(name_of(w)) for w in model.wavenumbers],
                    DiscreteVariable("material", known.materials),
                    [StringVariable("name"), StringVariable("study")])
    metas = np.array([known.names, known.studies], object).T.reshape(len(known.which), 2)
    table = Table.from_numpy(domain, np.asarray(known.X, float), known.which.astype(float), metas)
    table.name = f"References of {getattr(model, 'name', 'the model')}"
    return table
