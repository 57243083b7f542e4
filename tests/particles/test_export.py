"""Tables as CSV."""
import csv

import numpy as np
import pytest

from orangecontrib.microplastics.particles.export import table_csv


def test_numbers_and_gaps(tmp_path):
    path = tmp_path / "a.csv"
    table_csv(path, ["particle", "polymer", "area (µm²)", "fibre"],
              [[1, "PE, PP", np.float64(12.5), np.bool_(True)], [2, 'a "b"', np.nan, False],
               [np.int64(3), "", np.float32(.1), None]])
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["particle", "polymer", "area (µm²)", "fibre"], ["1", "PE, PP", "12.5", "yes"],
            ["2", 'a "b"', "", "no"], ["3", "", "0.1", ""]]


def test_rows_have_the_columns_of_the_header(tmp_path):
    with pytest.raises(ValueError, match="Row 2 has 1 values for 2 columns"):
        table_csv(tmp_path / "a.csv", ["a", "b"], [[1, 2], [3]])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError):
        table_csv(tmp_path / "none" / "a.csv", ["a"], [])
