"""What the program itself knows for a report, in words: one text for each item."""
from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from orangecontrib.microplastics import ready
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.materials.names import is_combination
from orangecontrib.microplastics.particles.classes import MEASURES
from orangecontrib.microplastics.particles.find import EDGE
from orangecontrib.microplastics.particles.quality import limits_of
from orangecontrib.microplastics.particles.sample import Sample
from orangecontrib.microplastics.particles.sizes import FIBRE
from orangecontrib.microplastics.ready.measured import MEASURED
from orangecontrib.microplastics.spectra.axis import rounded

__all__ = ["facts", "digest", "versions"]

_PACKAGES = ("Orange3-Microplastics", "Orange3", "Orange-Spectroscopy", "torch", "scikit-image",
             "numpy")


def digest(model: DCNetModel) -> str:
    """SHA-256 of a model's weights, grid and classes: the same for the same answers."""
    total = hashlib.sha256(repr((tuple(model.domain.class_var.values),
                                 list(map(int, model.used)), float(model.temperature))).encode())
    total.update(np.ascontiguousarray(model.wavenumbers, float).tobytes())
    for network in model.networks:
        for name, array in sorted(network.weights().items()):
            total.update(name.encode())
            total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def versions() -> list[tuple[str, str]]:
    """Programs and their versions."""
    found = []
    for name in _PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return [*found, ("Python", f"{platform.python_version()}, {platform.system()}")]


def facts(sample: Sample) -> dict[str, str]:
    """Texts for the automatic items of :mod:`.items`, by key.

    What the program does not know, such as the accuracy of a model that somebody else made, is left
    out.
    """
    # Typed texts come first.
    typed = {key: text for key, text in sample.items.items() if text}
    found = {**_measured(sample), **_found(sample), **_identified(sample), **_counted(sample),
             **typed}
    return {key: text for key, text in found.items() if text}


def _measured(sample):
    axis = sample.spectra.wavenumbers
    step = float(np.median(np.diff(axis))) if len(axis) > 1 else 0.
    found, kind = sample.found, "Absorbance"
    if sample.converted:
        kind = "Transmittance, converted: A = -log10 T"
    pixel = "Spectra of single particles; sizes are those of the table."
    if found.map is not None:
        rows, columns = found.labels.shape
        pixel = f"{columns:,} x {rows:,} pixels, {found.measured:,} measured; "
        if found.pixel is None:
            pixel += "their size is not known"
        else:
            wide, high = found.pixel
            size = f"{wide:.4g} µm" if abs(wide - high) < 1e-6 * wide else \
                f"{wide:.4g} x {high:.4g} µm"
            typed = ", typed" if sample.choices.pixel_size else ", from the data"
            area = found.measured * wide * high / 1e6
            pixel += f"each {size}{typed}; {area:.3g} mm² in all"
    return {"range": f"{rounded(axis[0])} to {rounded(axis[-1])} cm-1, {len(axis):,} points, "
                     f"{step:.3g} cm-1 apart",
            "pixel": pixel, "input": kind, "file": sample.name,
            "software": ", ".join(f"{name} {number}" for name, number in versions()),
            "preprocessing": _preprocessing(sample.model)}


def _preprocessing(model):
    low, high = model.wavenumbers[[0, -1]]
    step = model.wavenumbers[1] - model.wavenumbers[0]
    own = "preprocessing of the model, then " if model.preprocesses else ""
    return f"{own}resampled to {rounded(low)}-{rounded(high)} cm-1 in steps of {step:.3g}; short " \
           "gaps interpolated; within the network: first and second derivative, standardized " \
           "(SNV)"


def _found(sample):
    found, choices = sample.found, sample.choices
    if found.map is None:
        return {"separation": "Each spectrum is a particle.",
                "filter_spectrum": "", "signal": "", "smallest": ""}
    opaque = found.signal.opaque
    dark = ""
    if opaque.any():
        ends = sample.spectra.wavenumbers[opaque][[0, -1]]
        dark = f" Left out, since opaque: {rounded(ends[0])}-{rounded(ends[1])} cm-1."
    how = "Otsu's threshold" if choices.threshold is None else "set by hand"
    return {
        "filter_spectrum": ("Subtracted, as much as each spectrum holds (least absolute "
                            "deviations of the differences)." if choices.subtract
                            else "Not subtracted.") + dark,
        "signal": f"Deviation from the filter's spectrum without offset, in multiples of the "
                  f"filter's own scatter; matter from {found.threshold:.3g} on ({how}).",
        "separation": ("Pixels named one by one; neighbours of one material, also across one "
                       "pixel, are a particle; particles named by their mean spectra."
                       if choices.by_pixels else
                       "Connected pixels, also across one pixel, are a particle, named by its "
                       "mean spectrum.")
        + f" Edge at {100 * EDGE:.0f} % of the particle's signal.",
        "smallest": f"{choices.smallest} pixels; smaller areas left out: {found.too_small:,}"}


def _identified(sample):
    model, rule = sample.model, sample.choices.rule
    names = [model.domain.class_var.values[c] for c in model.used]
    single = [name for name in names if not is_combination(name)]
    about, training = ready.about(model), model.training
    said = {"model": f"{getattr(model, 'name', '')}, DCNet-CBAM, {len(model.networks)} "
                     f"{'network' if len(model.networks) == 1 else 'networks'}; knows "
                     f"{', '.join(single)} and {len(names) - len(single) or 'no'} mixtures",
            "hash": digest(model)}
    n = training.get("spectra")
    if about is not None and not about.simulated:
        said["training"] = f"{sum(about.materials.values()):,} spectra of " \
                           f"{', '.join(about.sets)} ({'; '.join(about.references)}); made " \
                           f"{about.made}"
    elif about is not None or training.get("simulated"):
        said["training"] = "Simulated spectra only: for trying things out, not for results."
    elif n:
        said["training"] = f"{n:,} spectra"
    if about is not None and not about.simulated and model.wavenumbers[0] < 800:
        m = MEASURED
        said["accuracy"] = f"Of {m['n']:,} spectra of {m['study']}, left out of training, " \
                           f"{m['right']:.1%} accepted and right, {m['pair']:.1%} accepted as " \
                           f"part of a mixture, {m['wrong']:.1%} accepted and wrong; of unknown " \
                           f"materials {m['unknown accepted']:.1%} accepted"
    said["criteria"] = f"Smallest of four scores (confidence, correlation, explained, complete): " \
                       f"accepted from {rule.accept:g}, to inspect from {rule.inspect:g}, else " \
                       "unknown." + (" Improbable ones, and those that the library contradicts, "
                                     "are to be inspected." if rule.checks else "") + \
        " In confidence, 95 of 100 known spectra reach 0.7, 99 reach 0.6."
    references = len(model.references.which)
    said["library"] = f"{references:,} references of the model, correlation of the first " \
                      "derivative; a contradicting best hit is to be inspected" if references \
        else "None"
    said["edits"] = f"{len(sample.edits)}, listed below" if sample.edits else "None"
    return said


def _counted(sample):
    classes, fix = sample.summary.counts.classes, sample.corrections
    limits = ", ".join(f"{limit:g}" for limit in classes.limits)
    fibres = f"; fibres: {', '.join(f'{limit:g}' for limit in classes.fibre_limits)}" \
        if classes.fibre_limits != classes.limits else ""
    said = {"size": f"{MEASURES[classes.measure]}; a fibre is more than {FIBRE:g} times as long "
                    "as wide, and is classed by its length",
            "size_classes": f"{classes.name}: {limits} µm{fibres}. {classes.source}"
            + ("" if classes.certain else " (classes as entered)"),
            "share_measured": f"{100 * fix.share:.3g} %" if fix.share < 1 else "",
            "mass": "None"}
    if fix.blanks is None:
        said["blank_correction"] = "Not subtracted"
    else:
        n = fix.blanks.n
        limit = limits_of(fix.blanks.total, n, fix.share)
        said["blank_correction"] = f"Mean of {n} {'blank' if n == 1 else 'blanks'} subtracted, " \
                                   "by polymer; intervals from Poisson counts (Jeffreys' priors)"
        said["detection"] = f"All polymers: {limit.lod:.1f} and {limit.loq:.1f} particles on a " \
                            "filter (Currie 1968); by polymer in the table of estimates"
    # What was typed for the corrections need not be typed again.
    if fix.volume:
        said["amount"] = f"{fix.volume:g} L"
    if fix.blanks is not None:
        said["procedural_blanks"] = f"{fix.blanks.n}, with {fix.blanks.total:,} particles in all"
    if fix.recovery is not None:
        said["positive_controls"] = f"{fix.recovery[1]:,} particles added"
        said["recovery"] = f"{fix.recovery[0]:,} of {fix.recovery[1]:,} added particles found"
    if sample.masses is not None:
        value, low, high = sample.masses.total
        said["mass"] = f"Estimate by {sample.how_mass}; {_nanograms(value)} " \
                       f"({_nanograms(low)} to {_nanograms(high)}: from flakes to spheres, and " \
                       f"the range of densities); {sample.masses.left_out:,} particles left out"
    return said


def _nanograms(value):
    if value >= 1e6:
        return f"{value / 1e6:.3g} mg"
    return f"{value / 1e3:.3g} µg" if value >= 1e3 else f"{value:.3g} ng"
