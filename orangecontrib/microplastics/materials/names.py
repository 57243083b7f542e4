"""How combinations of materials are named, and read again: "PE + PP"."""
from __future__ import annotations

from collections.abc import Iterable

from orangecontrib.microplastics.materials.bands import material_code

__all__ = ["PLUS", "combination_name", "components_of", "is_combination", "materials_of"]

PLUS = " + "


def combination_name(names: Iterable[str]) -> str:
    """Name of a combination, "PE + PP": sorted, a name that holds a " + " itself in brackets.

    So is such a name alone: "(PE + wax)" is one material, "PE + wax" are two.
    """
    return PLUS.join(f"({name})" if _needs_brackets(name) else name for name in sorted(names))


def _needs_brackets(name):
    """Whether a name would be read as something else among others."""
    return components_of(name) != [name] or _is_wrapped(name) or name[:1] == "+" \
        or name[-1:] == "+"


def components_of(name: str) -> list[str]:
    """Components of a combination: "(PE + wax) + PP" is ["PE + wax", "PP"].

    The inverse of :func:`combination_name`, as long as each bracket in a name is closed.
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


def _closing(name, start):
    """Where the bracket closes that holds a whole component from `start`; None for no such.

    Brackets that nobody needed to write are part of the name: "(aged)".
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
    """Whether the name is one pair of brackets with something in it."""
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
    """Codes of the materials that a class stands for: "HDPE + PP" is ["PE", "PP"]."""
    codes = (material_code(part) for part in components_of(name))
    return list(dict.fromkeys(code for code in codes if code))
