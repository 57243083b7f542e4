"""Shares of spectra that Identify Spectra accepts rightly, accepts wrongly, or does not accept."""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.identification import ACCEPTED, Rule, decide
from orangecontrib.microplastics.materials.names import components_of

#: Labels that name no material, or a mixture: neither right nor wrong.
UNCLEAR = ("Mixture", "M1", "M2", "R Kedzierski", "U1", "U2")


def labels_of(data):
    return np.array(data.domain.class_var.values, object)[data.Y.astype(int)]


def decisions(model, data, rule=None):
    """For each spectrum: the class that is accepted, or "" if none is."""
    answer = model.answer(data)
    values = np.array([*model.domain.class_var.values, ""], object)
    named = values[np.nan_to_num(answer.values, nan=-1).astype(int)]
    return np.where(decide(answer, rule or Rule()) == ACCEPTED, named, "")


def counted(accepted, labels, known):
    """Counts by label: accepted as what it is, as a pair that holds it, as anything else, and all.

    Parameters
    ----------
    accepted : ndarray of str, shape (n,)
        From :func:`decisions`.
    labels : ndarray of str, shape (n,)
    known : collection of str
        Materials that the model has learnt.

    Returns
    -------
    dict of label to dict
        "known" (bool), "right", "pair", "wrong", "all".
    """
    rows = {}
    for label in sorted(set(map(str, labels))):
        own = accepted[labels == label]
        right = own == label
        pair = np.array([name != label and label in components_of(name) for name in own], bool)
        rows[label] = {"known": label in known, "right": int(right.sum()),
                       "pair": int(pair.sum()), "all": len(own),
                       "wrong": int(((own != "") & ~right & ~pair).sum())}
    return rows


def summary(rows):
    """Shares over known and over unknown materials, from the result of :func:`counted`."""
    def share(kind, known):
        chosen = [row for label, row in rows.items()
                  if row["known"] == known and label not in UNCLEAR]
        return sum(sum(row[k] for k in kind) for row in chosen) / max(
            sum(row["all"] for row in chosen), 1)

    def number(known):
        return sum(row["all"] for label, row in rows.items()
                   if row["known"] == known and label not in UNCLEAR)

    return {"known": number(True), "right": share(("right",), True),
            "pair": share(("pair",), True), "wrong": share(("wrong",), True),
            "unknown": number(False),
            "unknown accepted": share(("right", "pair", "wrong"), False)}


def averaged(several):
    """Mean of the same figures from several seeds, key by key."""
    return {key: float(np.mean([one[key] for one in several])) for key in several[0]}
