"""Matrix products whose rows do not depend on how many others there are, nor on the computer.

BLAS adds in another order for 3 rows than for 300, and in another one for the last rows of a block,
on another processor, or with more threads. The last bits of a spectrum's scores would depend on its
neighbours: on the block of a file in which it is, on the other spectra of a table. Here sums are
exact, so that their order does not matter.
"""
from __future__ import annotations

import numpy as np

__all__ = ["times"]

#: Bits that are kept of each number, relative to the length of its row: products then have twice as
#: many, and any sum of them fits into the 53 of a double (by Cauchy and Schwarz, it is no larger
#: than the product of the lengths). The error is less than that of single precision.
_BITS = 26


def times(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """The product ``A @ B``, each row the same to the last bit whatever the others are.

    Parameters
    ----------
    A : ndarray, shape (n, k)
    B : ndarray, shape (k, m)

    Returns
    -------
    ndarray, shape (n, m)
        Of the type of ``A @ B``; as exact as single precision, relative to the lengths of rows and
        columns.
    """
    left, a = _whole(A)
    right, b = _whole(B.T)
    found = left @ right.T
    found *= np.ldexp(1., a)[:, None]
    found *= np.ldexp(1., b)
    return found.astype(np.result_type(A, B), copy=False)


def _whole(X):
    """Rows as whole numbers of a unit, a power of two; and the exponents of these units."""
    X = np.array(X, float, order="C")
    # Lengths below the smallest number that can be squared do not matter.
    _, exponent = np.frexp(np.sqrt((X * X).sum(axis=1)))
    exponent -= _BITS
    X *= np.ldexp(1., -exponent)[:, None]
    return np.rint(X, out=X), exponent
