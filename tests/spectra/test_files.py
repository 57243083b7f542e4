"""Files of spectra as instruments and spreadsheets write them."""
import warnings

import numpy as np
import pytest
from Orange.data import ContinuousVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.spectra.axis import wavenumbers
from orangecontrib.microplastics.spectra.files import read_spectra

AXIS = np.arange(600, 1400, 22.5)
SPECTRA = np.round(np.random.default_rng(0).random((3, len(AXIS))), 4)
NAMES = ["PE film", "s.2", "3"]


def wide(separator, decimal, axis=AXIS, names=NAMES, first="name"):
    """Text of a table of spectra in rows; without names if `names` is None."""
    rows = [[first, *map(str, axis)],
            *([name, *map(str, row)] for name, row in zip(names or NAMES, SPECTRA, strict=True))]
    return "".join(separator.join([row[0]] * (names is not None)
                                  + [cell.replace(".", decimal) for cell in row[1:]]) + "\n"
                   for row in rows)


def two_columns(separator, decimal):
    return "".join(f"{w}{separator}{v}\n" for w, v in zip(
        *([str(number).replace(".", decimal) for number in part] for part in (AXIS, SPECTRA[0])),
        strict=True))


@pytest.fixture
def read(tmp_path):
    """Read a file with the given text; a warning is an error."""
    def reader(text, suffix=".csv", encoding="utf-8"):
        path = tmp_path / f"spectra{suffix}"
        path.write_bytes(text.encode(encoding))
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            return read_spectra(path)
    return reader


def check(data, axis=AXIS, spectra=SPECTRA):
    np.testing.assert_allclose(wavenumbers(data.domain), axis)
    columns = np.argsort([float(a.name) for a in data.domain.attributes])
    np.testing.assert_allclose(data.X[:, columns], spectra)


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".tab", ".tsv", ".dat"])
@pytest.mark.parametrize("separator, decimal", [
    (";", ","), (";", "."), ("\t", ","), ("\t", "."), (",", ".")])
class TestTables:
    def test_named_samples(self, read, separator, decimal, suffix):
        data = read(wide(separator, decimal), suffix)
        check(data)
        name = data.domain["name"]
        assert [name.str_val(value) for value in data.get_column(name)] == NAMES

    def test_whole_wavenumbers_do_not_hide_the_decimal_sign(self, read, separator, decimal,
                                                            suffix):
        axis = np.arange(4000, 4000 - 2 * len(AXIS), -2)
        check(read(wide(separator, decimal, axis), suffix), axis[::-1], SPECTRA[:, ::-1])

    def test_without_names(self, read, separator, decimal, suffix):
        check(read(wide(separator, decimal, names=None), suffix))

    def test_below_a_title(self, read, separator, decimal, suffix):
        check(read("Measured in Bayreuth\n\n" + wide(separator, decimal), suffix))

    def test_empty_cells_are_missing(self, read, separator, decimal, suffix):
        text = wide(separator, decimal)
        text = text.replace(str(SPECTRA[1, 4]).replace(".", decimal), "")
        expected = SPECTRA.copy()
        expected[1, 4] = np.nan
        check(read(text, suffix), spectra=expected)


@pytest.mark.parametrize("header", ["", "Wellenzahl;Absorption, Länge µm\n", "Probe 7\n\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_two_columns(read, header, encoding):
    for separator, decimal in ((";", ","), (";", "."), ("\t", ","), ("\t", ".")):
        check(read(header + two_columns(separator, decimal), encoding=encoding),
              spectra=SPECTRA[:1])


@pytest.mark.parametrize("suffix", [".csv", ".txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_names_with_umlauts(read, encoding, suffix):
    data = read(wide(";", ",", first="Prüfling µm"), suffix, encoding)
    check(data)
    assert "Prüfling µm" in data.domain


def test_many_names_do_not_warn(read):
    check(read(wide(";", ",", names=["PE 1-2", "PE 3-4", "PE 5-6"])))


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".tab", ".dat"])
@pytest.mark.parametrize("text", [
    "1715.5 1240.2 720.1\n", "1715.5;1240.2;720.1\n", "1715.5\t1240.2\t720.1\n",
    "name,1715.5,1240.2,720.1\nPE,1,2,3\n", "name;1715,5;1240,2;720,1\nPE;1,5;2,5;3,5\n",
    "These are words.\nNothing else.\n", "0,5;0,6;0,7\n0,4;0,5;0,6\n"])
def test_other_texts_end_in_a_sentence_that_says_what_to_do(read, text, suffix):
    with pytest.raises(ValueError, match="wavenumber") as caught:
        read(text, suffix)
    message = str(caught.value)
    for foreign in ("convert string", "iterable", "index out of", "codec", "delimited"):
        assert foreign not in message


def test_numbers_without_wavenumbers_are_not_taken_for_wavenumbers(read):
    text = "\n".join(wide(";", ",", names=None).splitlines()[1:])
    with pytest.raises(ValueError, match="numbered 0, 1, 2"):
        read(text)


def test_samples_in_columns(read):
    rows = zip(AXIS, *SPECTRA, strict=True)
    text = "Wellenzahl;A;B;C\n" + "\n".join(";".join(map(str, row)) for row in rows)
    data = read(text.replace(".", ","))
    assert [str(row["name"]) for row in data] == ["A", "B", "C"]
    np.testing.assert_allclose(data.X, SPECTRA)


def test_a_wavenumber_twice(read):
    with pytest.raises(ValueError, match="twice"):
        read("600;1\n600;2\n" + two_columns(";", "."))


def test_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(ValueError, match="no file"):
        read_spectra(tmp_path / "none.csv")


def test_texts_with_spaces_in_a_file_of_orange(tmp_path):
    """Orange writes three lines of names, types and roles; names of studies have spaces."""
    wavenumbers = np.arange(700., 1000., 4.)
    spectra = np.random.default_rng(0).random((4, len(wavenumbers)))
    domain = Domain([ContinuousVariable(f"{w:g}") for w in wavenumbers], None,
                    [StringVariable("study")])
    table = Table.from_numpy(domain, spectra, metas=np.array([["Frond 2021"]] * 4, object))
    path = tmp_path / "saved.tab"
    table.save(str(path))
    read = read_spectra(path)
    np.testing.assert_allclose(read.X[:, -len(wavenumbers):], spectra, atol=1e-5)
