"""Names of materials: full names, codes, and combinations such as "PE + PP"."""
from __future__ import annotations

import re
from collections.abc import Iterable

from orangecontrib.microplastics.materials.band_tables import TABLES

__all__ = ["POLYMERS", "NAMES", "POLYETHYLENES", "SAME", "SYNONYMS", "material_code", "PLUS",
           "combination_name", "components_of", "components_among", "is_combination",
           "substances_in", "materials_of"]

#: Polyethylenes that differ in density only.
POLYETHYLENES = ("HDPE", "LDPE", "LLDPE")

#: Sub-classes that count as their parent class: confusing LDPE with HDPE makes no label doubtful,
#: since infrared spectra hardly distinguish them. PEF and PPL are Kedzierski's: their medians
#: correlate at 0.97 and 0.98 with PE and PP.
SAME = {**dict.fromkeys(POLYETHYLENES, "PE"), "PEF": "PE", "PPL": "PP"}

#: Full names of the classes. If an abbreviation is not explained with the published spectra, the
#: name gives the material that the class median correlates with (first derivative).
POLYMERS = {
    "ABS": "acrylonitrile butadiene styrene", "AC": "acrylic", "AFL": "AFL, like wool",
    "CA": "cellulose acetate", "CE": "cellulose", "CO": "cotton",
    "EAA": "ethylene acrylic acid", "HDPE": "high-density polyethylene",
    "LDPE": "low-density polyethylene", "M1": "M1, like polyethylene",
    "M2": "M2, like polyethylene vinyl acetate", "Mixture": "mixture", "PA": "polyamide",
    "PC": "polycarbonate", "PE": "polyethylene", "PEF": "PEF, like polyethylene",
    "PEL": "PEL, like an ester", "PET": "polyethylene terephthalate",
    "PEVA": "polyethylene vinyl acetate", "PLA": "polylactic acid",
    "PMMA": "polymethyl methacrylate", "PP": "polypropylene", "PPL": "PPL, like polypropylene",
    "PS": "polystyrene", "PU": "polyurethane", "PVC": "polyvinyl chloride", "Protein": "protein",
    "R": "rubber", "R Kedzierski": "R of Kedzierski's, like polyethylene with polypropylene",
    "SR": "silicone rubber", "U1": "unknown 1", "U2": "unknown 2",
}

#: Full names of the materials that have tables of bands.
NAMES = {code: POLYMERS[code] for code in TABLES if code in POLYMERS}

#: Synonyms in class labels, in lower case with spaces for hyphens: the only table of them, also for
#: contaminants. Keys are those of :data:`.bands.BANDS`, and materials without a table of bands
#: (silicate: glass, talc and sand do not have the bands of quartz or clay). AFL is Kedzierski's,
#: and has the bands of wool.
SYNONYMS = {
    "PE": ("high density polyethylene", "low density polyethylene",
           "linear low density polyethylene"),
    "PET": ("polyethylene terephtalate", "polyester"),
    "PVC": ("polyvinylchloride",),
    "PA": ("nylon", "pa6", "pa66"),
    "PMMA": ("acrylic glass",),
    "PU": ("pur",),
    "PEVA": ("eva", "ethylene vinyl acetate", "ethylene co vinyl acetate",
             "polyethylene co vinyl acetate"),
    "PLA": ("polylactide",),
    "CA": ("cellulose diacetate", "cellulose triacetate"),
    "R": ("sbr", "styrene butadiene rubber", "tyre", "tyre rubber", "tyre wear", "tire",
          "tire rubber", "tire wear"),
    "AC": ("polyacrylonitrile", "pan"),
    "CE": ("co", "cotton", "rayon", "viscose", "modal", "lyocell", "paper", "linen", "wood",
           "lignocellulose", "plant"),
    "Protein": ("proteins", "wool", "silk", "collagen", "keratin", "leather", "fur", "tissue",
                "afl"),
    "Phthalate": ("phthalates", "plasticiser", "plasticizer", "dehp", "dop", "dinp"),
    "Carbonate": ("calcium carbonate", "caco3", "calcite", "chalk", "limestone"),
    "Chitin": (),
    "Quartz": (),
    "Clay": ("kaolin", "kaolinite"),
    "Silicate": ("silica", "sand", "glass", "talc"),
    "Ester": ("fat", "fats", "wax", "oil", "triglyceride", "lipid", "lipids"),
    "Carboxylate": ("stearate", "calcium stearate", "zinc stearate", "soap"),
    "Humic": ("humic acid", "humic acids", "humic substances", "humus", "peat"),
}

#: Material by any of its names: code, full name, sub-class or synonym.
_MATERIALS = {
    **{code.lower(): code for code in (*TABLES, *SYNONYMS)},
    **{name.lower(): code for code, name in NAMES.items()},
    **{name.lower(): code for name, code in SAME.items()},
    **{name: code for code, names in SYNONYMS.items() for name in names},
}

#: Words in a label that do not change which material it names.
_QUALIFIERS = frozenset((
    "fibre", "fibres", "fiber", "fibers", "film", "films", "foil", "foam", "fragment", "fragments",
    "particle", "particles", "pellet", "pellets", "bead", "beads", "powder", "textile", "fabric",
    "yarn", "thread", "aged", "weathered", "oxidised", "oxidized", "pristine", "new", "virgin",
    "raw", "recycled", "regenerated", "natural"))

#: What separates the materials in a label: punctuation, except a plus sign, and words.
_BETWEEN = re.compile(r"[^\w\s+]|\b(?:like|and|with|on|in|filled|reinforced|coated)\b")

#: Separator of the components in the name of a combination.
PLUS = " + "


def combination_name(names: Iterable[str]) -> str:
    """Name of a combination, "PE + PP": sorted, names that contain " + " in brackets.

    A single name that contains " + " gets brackets, too: "(PE + wax)" is one material,
    "PE + wax" is two.
    """
    return PLUS.join(f"({name})" if _needs_brackets(name) else name for name in sorted(names))


def _needs_brackets(name):
    """Whether a name would be misread in a combination if it had no brackets."""
    return components_of(name) != [name] or _is_wrapped(name) or name[:1] == "+" \
        or name[-1:] == "+"


def components_of(name: str) -> list[str]:
    """Components of a combination: "(PE + wax) + PP" is ["PE + wax", "PP"].

    The inverse of :func:`combination_name`, provided that every bracket in a name is closed.
    """
    parts, start = [], 0
    while start <= len(name):
        end = _closing(name, start)
        if end is not None:
            parts.append(name[start + 1:end])
            start = end + 1 + len(PLUS)
        else:
            end = _next_plus(name, start)
            parts.append(name[start:end])
            start = end + len(PLUS)
    return parts


def components_among(classes: Iterable[str]) -> list[str]:
    """Components of all classes, in order of first appearance.

    Empty if no class is a combination.
    """
    parts = [components_of(name) for name in classes]
    if all(len(names) < 2 for names in parts):
        return []
    return list(dict.fromkeys(component for names in parts for component in names))


def _next_plus(name, start):
    """Index of the next plus sign outside brackets, as in "PE (HDPE + LDPE) + PP", or the end."""
    depth = 0
    for i in range(start, len(name)):
        if depth == 0 and name.startswith(PLUS, i):
            return i
        depth = max(depth + (name[i] == "(") - (name[i] == ")"), 0)
    return len(name)


def names_in(known: Iterable[str], classes: Iterable[str]) -> list[str]:
    """Names of the classes as `known` has them: data call a single material "PE + wax", a model of
    mixtures calls it "(PE + wax)". The name stays where it is known, or the other one is not or
    is a combination.
    """
    known, classes = set(known), list(classes)
    free = known.difference(classes)
    return [parts[0] if len(parts := components_of(name)) == 1 and parts[0] in free
            and name not in known else name for name in classes]


def _closing(name, start):
    """Index of the bracket that closes a component in brackets at `start`; None if there is none.

    Brackets that :func:`combination_name` would not add are part of the name: "(aged)".
    """
    if not name.startswith("(", start):
        return None
    depth = 0
    for i in range(start, len(name)):
        depth += (name[i] == "(") - (name[i] == ")")
        if depth == 0:
            whole = i + 1 == len(name) or name.startswith(PLUS, i + 1)
            return i if whole and _needs_brackets(name[start + 1:i]) else None
    return None


def _is_wrapped(name):
    """Whether one pair of brackets encloses the whole name."""
    depth = 0
    for i, letter in enumerate(name):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return letter == ")" and i + 1 == len(name)
    return False


def is_combination(name: str) -> bool:
    """Whether a class is a combination of several materials."""
    return len(components_of(name)) > 1


def substances_in(name: str) -> list[str]:
    """Materials that the label of one class names: keys of :data:`.bands.BANDS` or
    :data:`SYNONYMS`, each once.

    Apart from words such as "fibre" and "aged", and numbers, each part of the label must be a name
    of a material, since any other word may make another material of it: "cellulose acetate",
    "polyethylene glycol". "Cellulose (cotton)" is ["CE"], "glass fibre reinforced PA" is
    ["Silicate", "PA"]. A label with a plus sign is that of a blend, and none of its parts.
    """
    text = re.sub(r"\bpoly\(([^()]*)\)", r"poly\1", str(name).lower())
    found = (_MATERIALS.get(" ".join(word for word in part.split()
                                     if word not in _QUALIFIERS and not word.isdigit()))
             for part in _BETWEEN.split(re.sub("[-_]", " ", text)))
    return list(dict.fromkeys(material for material in found if material))


def materials_of(name: str) -> list[str]:
    """Codes of the materials in a class label: "HDPE + PP" is ["PE", "PP"]."""
    return list(dict.fromkeys(code for part in components_of(name) for code in substances_in(part)
                              if code in TABLES))


def material_code(name: str) -> str | None:
    """
    Return the key of :data:`.bands.BANDS` for a class label, or None if it has no known bands.

    Accepts codes, full names and the usual synonyms in any case: ``HDPE`` and ``polyethylene``
    are ``PE``, ``cotton`` and ``cotton fibres`` are ``CE`` (:func:`substances_in`). None also for
    labels that name several materials with known bands.
    """
    codes = [code for code in substances_in(name) if code in TABLES]
    return codes[0] if len(codes) == 1 else None
