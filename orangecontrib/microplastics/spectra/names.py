"""Names of the spectra of a Table, for lists."""
from __future__ import annotations

import re
from collections import Counter

from Orange.data import Table

__all__ = ["spectrum_names"]

#: Absolute path of a file, and what separates folders, on any operating system.
_PATH, _SLASH = re.compile(r"([A-Za-z]:)?[/\\]"), re.compile(r"[/\\]")


def spectrum_names(data: Table) -> list[str]:
    """Name of each spectrum, all different.

    The first text meta with distinct values, or column of categories that all differ, as File makes
    of a few names. Of files, as Multifile gives them with their folders,
    the name; of several spectra in a file with a number: "bottle.spc, 2". Else "Row 1" ...
    """
    of_files = None
    for meta in data.domain.metas:
        if meta.is_string:
            column = [str(v) for v in data.get_column(meta)]
            files = _file_names(column)
            if len(set(files)) == len(files):
                return files
            if files is not column and of_files is None:
                of_files = files
    if of_files is None:
        for variable in (*data.domain.metas, *data.domain.attributes):
            if variable.is_discrete and 1 < len(data) <= len(variable.values):
                values = [variable.str_val(value) for value in data.get_column(variable)]
                if len(set(values)) == len(values):
                    return values
        return [f"Row {i}" for i in range(1, len(data) + 1)]
    seen, counts = Counter(), Counter(of_files)
    return [name if counts[name] == 1 else f"{name}, {seen[name]}"
            for name in of_files if not seen.update([name])]


def _file_names(texts):
    """Names of the files if all texts are paths of files, else the texts themselves.

    Files of one name in different folders keep as many of their folders as tell them apart.
    """
    if not texts or not all(map(_PATH.match, texts)):
        return texts
    parts = {text: _SLASH.split(text) for text in texts}
    for length in range(1, max(map(len, parts.values())) + 1):
        short = {text: "/".join(part[-length:]) for text, part in parts.items()}
        if len(set(short.values())) == len(short):
            break
    return [short[text] for text in texts]
