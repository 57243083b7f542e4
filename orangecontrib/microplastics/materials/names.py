"""Names of materials: full names, codes, and combinations such as "PE + PP"."""
from __future__ import annotations

from collections.abc import Iterable

from orangecontrib.microplastics.materials.band_tables import TABLES

__all__ = ["POLYMERS", "NAMES", "SAME", "ALIASES", "material_code", "PLUS", "combination_name",
           "components_of", "components_among", "is_combination", "materials_of"]

#: Sub-classes that count as their parent class: confusing LDPE with HDPE makes no label doubtful,
#: since infrared spectra hardly distinguish them. PEF and PPL are Kedzierski's: their medians
#: correlate at 0.97 and 0.98 with PE and PP.
SAME = {"HDPE": "PE", "LDPE": "PE", "LLDPE": "PE", "PEF": "PE", "PPL": "PP"}


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

#: Synonyms of these materials in class labels (lower case).
ALIASES = {
    **{name.lower(): code for name, code in SAME.items()},
    "polyethylene terephtalate": "PET", "polyester": "PET", "nylon": "PA", "pa6": "PA",
    "pa66": "PA", "acrylic glass": "PMMA", "pur": "PU", "co": "CE", "cotton": "CE",
    "wool": "Protein", "silk": "Protein",
}

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
            end = name.find(PLUS, start)
            end = len(name) if end < 0 else end
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


def materials_of(name: str) -> list[str]:
    """Codes of the materials in a class label: "HDPE + PP" is ["PE", "PP"]."""
    codes = (material_code(part) for part in components_of(name))
    return list(dict.fromkeys(code for code in codes if code))


def material_code(name: str) -> str | None:
    """
    Return the key of :data:`.bands.BANDS` for a class label, or None if it has no known bands.

    Accepts codes, full names and the usual synonyms in any case: ``HDPE`` and ``polyethylene``
    are ``PE``, ``cotton`` is ``CE``.
    """
    wanted = str(name).strip().lower()
    for code in TABLES:
        if wanted in (code.lower(), NAMES.get(code, "").lower()):
            return code
    return ALIASES.get(wanted)
