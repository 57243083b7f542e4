"""Bad input: one function per case, which makes it from good spectra.

CASES contains the expected behaviour of the learner, the model and the widgets.
"""
import warnings
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import orangecontrib.spectroscopy  # noqa: F401  (knows where collagen is)
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.spectra.axis import spectral_columns


@lru_cache
def collagen():
    return Table("collagen")


def good(start=0, step=8):
    return collagen()[start::step]


def axis_of(data):
    return spectral_columns(data.domain)


def on_axis(data, axis, names=None):
    """Interpolate to another axis; beyond the ends, the first and last values are repeated."""
    columns, source = axis_of(data)
    X = np.array([np.interp(axis, source, row[columns]) for row in data.X])
    names = names or [f"{a:.4f}" for a in axis]
    return Table.from_numpy(Domain([ContinuousVariable(n) for n in names],
                                   data.domain.class_vars), X, data.Y)


def renamed(data, names):
    return Table.from_numpy(Domain([ContinuousVariable(str(n)) for n in names],
                                   data.domain.class_vars), data.X, data.Y)


def with_X(data, change):
    data = data.copy()
    with data.unlocked(data.X):
        change(data.X)
    return data


def with_class(data, variables, Y):
    return Table.from_numpy(Domain(data.domain.attributes, variables), data.X, Y)


def put(value, rows=slice(None), columns=slice(None)):
    return lambda data: with_X(data, lambda X: X.__setitem__((rows, columns), value))


def half_of_a_row_missing(data):
    return with_X(data, lambda X: X.__setitem__((slice(3), slice(0, X.shape[1] // 2)), np.nan))


def constant_class(data):
    return data[data.Y[0] == data.Y]


def lone_instance_in_class(data):
    return data[np.r_[np.flatnonzero(data.Y != 0), np.flatnonzero(data.Y == 0)[:1]]]


def unseen_values(data):
    old = data.domain.class_var
    return with_class(data, DiscreteVariable(old.name, ("nylon", *old.values, "PLA")), data.Y + 1)


def classes_missing(data, n=5):
    data = data.copy()
    with data.unlocked(data.Y):
        data.Y[:n] = np.nan
    return data


def several(data):
    return with_class(data, [DiscreteVariable("a", "xy"), DiscreteVariable("b", "xy")],
                      np.zeros((len(data), 2)))


def numeric(data):
    return with_class(data, ContinuousVariable("amount"), np.arange(len(data), dtype=float))


def no_class(data):
    return data.transform(Domain(data.domain.attributes))


def discrete_among(data):
    attributes = list(data.domain.attributes)
    attributes[20] = DiscreteVariable(attributes[20].name, ("a", "b"))
    X = data.X.copy()
    X[:, 20] = 0
    return Table.from_numpy(Domain(attributes, data.domain.class_vars), X, data.Y)


def no_columns(data):
    return data.transform(Domain([], data.domain.class_vars))


def three(data):
    return on_axis(data, np.array([1000., 1400., 1650.]))


def hundred_thousand(data):
    return on_axis(data, np.linspace(900, 1802, 100_000))


def twice(data):
    names = [a.name for a in data.domain.attributes]
    names[1] = names[0] + "0"
    return renamed(data, names)


def weighted(data):
    data = data.copy()
    with data.unlocked():
        data.set_weights(1)
        data.W[::2] = .5
    return data


def micrometres(data):
    return renamed(data, [f"{1e4 / float(a.name):.5f}" for a in data.domain.attributes])


def nanometres(data):
    # Of a broad mid-infrared axis: 900-1800 cm-1 in nm (5,500 to 11,000) could be wavenumbers.
    return renamed(data, [f"{n:.2f}" for n in np.linspace(2500, 25000, data.X.shape[1])])


def nameless(data):
    return renamed(data, range(len(data.domain.attributes)))


def percent(data):
    return with_X(data, lambda X: X.__setitem__(slice(None), 100 * 10 ** -X))


def transmittance(data):
    return with_X(data, lambda X: X.__setitem__(slice(None), 10 ** -X))


def saturated(data):
    def clip(X):
        top = np.quantile(X, .93, axis=1)
        np.minimum(X, top[:, None], out=X)
    return with_X(data, clip)


def scaled(factor):
    return lambda data: with_X(data, lambda X: X.__imul__(factor))


OK = 0


class Case(NamedTuple):
    """Expected result of learning and predicting: OK, number of rows left out, or message text.

    `widget` and `identify`: what the widgets show if that differs.
    """
    name: str
    make: object
    learn: object = OK
    predict: object = OK
    widget: object = None
    identify: object = None


NO_AXIS, FEW, TURNED = "no wavenumbers", "too few", "upside down"
CASES = (
    Case("single points missing", put(np.nan, slice(None, None, 3), slice(5, 100, 9))),
    Case("ends missing", put(np.nan, slice(4), slice(0, 4))),
    Case("half of some spectra missing", half_of_a_row_missing, OK, 3),
    Case("whole rows missing", put(np.nan, slice(3)), 3, 3),
    Case("all missing", put(np.nan), "two classes", "all"),
    Case("infinities", put(np.inf, slice(3), slice(10, 14))),
    Case("negative infinity in a row", put(-np.inf, slice(2)), 2, 2),
    Case("constant rows", put(1.5, slice(3)), 3, 3),
    Case("zero rows", put(0., slice(3)), 3, 3),
    Case("saturated", saturated),
    Case("enormous numbers", scaled(1e30)),
    Case("tiny numbers", scaled(1e-30)),
    Case("one instance", lambda d: d[:1], "two classes", OK, "single"),
    Case("one class", constant_class, "two classes", OK, "single"),
    Case("a class of one", lone_instance_in_class),
    Case("class values never seen", unseen_values),
    Case("classes missing", classes_missing, 5),
    Case("no class value at all", lambda d: classes_missing(d, len(d)), "two classes", OK,
         "known class"),
    Case("no class", no_class, "categorical", OK, "target"),
    Case("several classes", several, "several", "Mismatching", "multiple target", OK),
    Case("numeric class", numeric, "categorical", "cannot predict", None, OK),
    Case("sparse", lambda d: d.to_sparse(), OK, OK, "sparse|Sparse"),
    Case("discrete attribute among wavenumbers", discrete_among),
    Case("no rows", lambda d: d[:0], "two classes", OK, "empty"),
    Case("no columns", no_columns, NO_AXIS, NO_AXIS),
    Case("three wavenumbers", three, FEW, "narrow bands"),
    Case("100,000 wavenumbers", lambda d: hundred_thousand(d[::4])),
    Case("a wavenumber twice", twice, "more than one column", "more than one column"),
    Case("weights", weighted),
    Case("micrometres", micrometres, "micrometres", "micrometres"),
    Case("nanometres", nanometres, "nanometres", "nanometres"),
    Case("nameless axis", nameless, "numbered 0, 1, 2", "numbered 0, 1, 2"),
    Case("transmittance", transmittance, OK, TURNED),
    Case("transmittance in percent", percent, OK, TURNED),
)


def each(test):
    def run(self):
        for case in CASES:
            with self.subTest(case.name), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                test(self, case, case.make(good()))
    return run
