"""Spectra in columns beside their wavenumbers are read as rows."""
import numpy as np
import pytest
from Orange.data import ContinuousVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.turned import turned

AXIS = np.arange(4000, 600, -4.)
VALUES = np.sin(AXIS / 100)


def numbers(*names, axis=AXIS):
    """A table as Orange's File reads columns of numbers."""
    columns = np.column_stack([axis, *(VALUES * (i + 1) for i in range(len(names) - 1))])
    return Table.from_numpy(Domain([ContinuousVariable(name) for name in names]), columns)


def texts(*names):
    """A table as Orange's File reads columns of numbers with decimal commas."""
    columns = np.array([[f"{a:.4f}".replace(".", ","), f"{v:.4f}".replace(".", ",")]
                        for a, v in zip(AXIS, VALUES, strict=True)], object)
    return Table.from_numpy(Domain([], metas=[StringVariable(name) for name in names]),
                            np.empty((len(AXIS), 0)), metas=columns)


def test_one_column_is_one_spectrum():
    made = turned(numbers("cm-1", "A"))
    columns, axis = spectral_columns(made.domain)
    np.testing.assert_array_equal(axis, AXIS[::-1])
    np.testing.assert_array_equal(made.X[:, columns], VALUES[None, ::-1])
    assert [str(row["name"]) for row in made] == ["A"]


def test_decimal_commas():
    made = turned(texts("Wavelength", "Intensity"))
    np.testing.assert_allclose(made.X[0], VALUES[::-1], atol=1e-4)
    assert str(made[0]["name"]) == "Intensity"


@pytest.mark.parametrize("names", [("blank", "bag", "cup"), ("101", "102", "103")])
def test_columns_are_samples(names):
    made = turned(numbers("Wavenumber", *names))
    assert [str(row["name"]) for row in made] == list(names)
    np.testing.assert_allclose(made.X[2], 3 * VALUES[::-1])


def test_spectra_in_rows_stay():
    rows = Table.from_numpy(Domain([ContinuousVariable(f"{at:g}") for at in AXIS]),
                            np.tile(VALUES, (50, 1)))
    assert turned(rows) is None
    # Also beside a feature that rises from row to row, as numbers of samples do.
    numbered = Domain((ContinuousVariable("sample"), *rows.domain.attributes))
    assert turned(Table.from_numpy(numbered, np.column_stack(
        [np.linspace(100, 900, 50), rows.X]))) is None


def test_what_is_no_axis_stays():
    assert turned(numbers("time", "A", axis=np.arange(len(AXIS)) / 100)) is None
    assert turned(numbers("cm-1", "A")[:10]) is None
    assert turned(numbers("cm-1")) is None
    assert turned(Table("iris")) is None
