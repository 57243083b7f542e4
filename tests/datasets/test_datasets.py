"""Fetching and loading, on a small wheel that the tests make; nothing is downloaded."""

import errno
import hashlib
import lzma
import os
import pickle
import shutil
import sys
import time
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from Orange.data import Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.datasets import catalogue, curation, download, readers, store
from orangecontrib.microplastics.datasets.catalogue import RELABELLED
from orangecontrib.microplastics.spectra import axis, duplicates
from orangecontrib.microplastics.spectra.resample import Resample

PE, PP, PS = (719, 1468, 2848, 2916), (841, 1167, 1375, 1454, 2951), (754, 1028, 1493, 3026)
BANDS = {"PE": PE, "HDPE": PE, "LDPE": PE, "PP": PP, "PS": PS, "PVC": (966, 1254, 1427),
         "M14": PP}


def absorbance(w, names, seed):
    rng = np.random.default_rng(seed)
    X = np.array([sum(rng.uniform(.6, 1.4) * np.exp(-.5 * ((w - b) / 15) ** 2)
                      for b in BANDS[name]) for name in names])
    return .5 * X / X.max() + .01 + rng.normal(0, .001, X.shape)


def csv(w, values, samples, types, environmental="N", order=None):
    order = np.arange(len(w)) if order is None else order
    lines = [",".join(["study", "sample_id", "type", "environmental", "resolution",
                       *(f"{v:g}" for v in w[order])])]
    lines += [",".join(["Some 2020", s, t, environmental, "L", *(f"{v:.6f}" for v in row[order])])
              for s, t, row in zip(samples, types, values, strict=True)]
    return "\n".join(lines)


def small_sets():
    """The six files with a few rows each, with the faults of the published ones."""
    sets = {}
    w = np.arange(400., 4005, 5)

    names = ["PE", "PP", "PS", "PVC", "PVC"]
    T = 100 * 10 ** -absorbance(w, names, 0)
    T[:, w < 675] = 0
    T[1, 200] = 0.01
    samples = ["FLOPP_PE_1", "FLOPP_PP_1", "FLOPP-e_PS_2", "FLOPP_PVC_1", "FLOPP-e_EVA_1"]
    sets["frond_2021"] = csv(w, T, samples, names, order=np.r_[100:len(w), 0:100])

    w = np.arange(4000., 449, -4)
    names = ["HDPE", "LDPE", "PP", "PS"] * 4
    T = 100 * 10 ** -absorbance(w, names, 1)
    samples = [f"LL{i}" for i in range(15)] + ["LL0"]
    sets["jung_2018"] = csv(w, T, samples, names, "Y")

    w = np.arange(3996., 599, -4)
    names = ["PE", "PP", "PS", "PVC"] * 5
    A = 100 * absorbance(w, names, 2)
    A[4, (w > 2300) & (w < 2370)] -= 40
    A[5] = A[1]
    samples = [f"K{i}" for i in range(20)]
    names[5] = names[1]
    sets["kedzierski_2019"] = csv(w, A, samples, names)

    w = np.arange(600., 3999, 4)
    A = absorbance(w, ["M14"] * 6, 3)
    A[3] = A[0]
    sets["kedzierski_2019_u"] = csv(w, A, [f"T{i}" for i in range(6)], ["M14"] * 6, "Y")

    for i, name in enumerate(("villegas_camacho_2024_c4", "villegas_camacho_2024_c8")):
        w = np.arange(400., 4001, 8)
        true = ["HDPE", "LDPE", "PP", "PS"] * 5
        called = list(true)
        called[2] = called[6] = "PS"
        A = absorbance(w, true, 4 + i)
        A = np.vstack([A, A[:4], A[8] + np.random.default_rng(9).normal(0, .0003, len(w))])
        called += called[:4] + [called[8]]
        sets[name] = csv(w, 100 * 10 ** -A, [f"V{j}" for j in range(25)], called)
    return sets


def write_wheel(path, sets):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in sets.items():
            packed = text if isinstance(text, bytes) else lzma.compress(text.encode())
            archive.writestr(f"xpectrass/data/{name}.csv.xz", packed)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    path = tmp_path_factory.mktemp("wheel") / "xpectrass-0.0.4-py3-none-any.whl"
    return path, write_wheel(path, small_sets())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "spectra of ours"
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(place))
    return place


@pytest.fixture(scope="module")
def kept(wheel, tmp_path_factory):
    """A folder with the sets, for tests that only read."""
    place = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(datasets.FOLDER_VARIABLE, str(place))
        datasets.fetch(wheel=wheel[0], sha256=wheel[1])
    return place


@pytest.fixture
def fetched(kept, monkeypatch):
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(kept))


def fake_pip(monkeypatch, script):
    """pip replaced by a Python script that gets the folder for the download."""
    monkeypatch.setattr(download, "pip_command", lambda requirement, folder: [
        sys.executable, "-c", script, str(folder)])


# --- fetching

def test_data_lie_in_oranges_folder_unless_told_otherwise(monkeypatch, tmp_path):
    from Orange.misc import environ
    monkeypatch.delenv(datasets.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(environ, "data_dir", lambda versioned: str(tmp_path / str(versioned)))
    assert datasets.data_dir() == tmp_path / "False" / "microplastics"
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path / "own"))
    assert datasets.data_dir() == tmp_path / "own"


def test_fetch_converts_and_leaves_nothing_else(folder, wheel):
    assert not datasets.is_available("jung_2018")
    seen = []
    datasets.fetch(lambda done, text: seen.append((done, text)), wheel=wheel[0], sha256=wheel[1])
    assert all(map(datasets.is_available, datasets.SETS))
    assert [p.name for p in folder.iterdir()] == ["spectra-1"]
    done = [d for d, _ in seen]
    assert done == sorted(done) and done[0] == 0 and done[-1] == 1
    assert any("Jung" in text for _, text in seen)
    assert wheel[0].exists()
    for name in datasets.SETS:
        with np.load(folder / "spectra-1" / f"{name}.npz", allow_pickle=False) as file:
            assert file["spectra"].dtype == np.float32
            assert (np.diff(file["wavenumbers"]) > 0).all()
    # Again, over what is there.
    datasets.fetch(wheel=wheel[0], sha256=wheel[1])
    assert [p.name for p in folder.iterdir()] == ["spectra-1"]


@pytest.fixture
def second_source(monkeypatch):
    """All that is needed to add a set from another file: two rows and a reader."""
    text = "\n".join(["PE;PP", *(f"{a};{b}" for a, b in np.random.default_rng(0).random((50, 2)))])

    def read(path, infos, reading):
        info, = infos
        reading(info)
        labels, *rows = path.read_text().splitlines()
        X = np.array([row.split(";") for row in rows], np.float32).T
        yield info, {"spectra": X, "wavenumbers": 700. + 50 * np.arange(50),
                     "sample_id": np.array(["a", "b"]), "type": np.array(labels.split(";")),
                     "environmental": np.array(["Y", "N"])}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/spectra.txt" else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    where = f"http://127.0.0.1:{server.server_port}/spectra.txt"
    monkeypatch.setitem(catalogue.SOURCES, "ours", catalogue.Source(
        "ours", where, hashlib.sha256(text.encode()).hexdigest(), len(text), "ours"))
    monkeypatch.setitem(catalogue.SETS, "ours_2026", catalogue.SetInfo(
        "ours_2026", "Ours", "Ours 2026", 2, 2, "absorbance", (700, 3150), "", "", 1, "",
        source="ours"))
    monkeypatch.setitem(readers.READERS, "ours", read)
    yield
    server.shutdown()
    server.server_close()


def test_a_second_source_is_a_row_and_a_reader(folder, wheel, second_source, monkeypatch):
    seen = []
    datasets.fetch(lambda *a: seen.append(a), wheel=wheel[0], sha256=wheel[1])
    data = datasets.load("ours_2026")
    assert data.domain.class_var.values == ("PE", "PP")
    assert data.get_column("sample").tolist() == ["a", "b"]
    assert len(datasets.join([data, datasets.load("jung_2018")])) > 2
    assert [d for d, _ in seen] == sorted(d for d, _ in seen)
    # A source that cannot be reached changes nothing.
    source = catalogue.SOURCES["ours"]
    for wrong, message in (
            (source._replace(where=source.where + "s"), "cannot be reached"),
            (source._replace(sha256="0" * 64), "not the file that was expected")):
        monkeypatch.setitem(catalogue.SOURCES, "ours", wrong)
        with pytest.raises(datasets.FetchError, match=message):
            datasets.fetch(wheel=wheel[0], sha256=wheel[1])
        assert datasets.is_available("ours_2026") and len(list(folder.iterdir())) == 1


def test_download_by_pip(folder, wheel, monkeypatch):
    fake_pip(monkeypatch, "import sys, os, shutil, tempfile, time\n"
             # pip's temporary files must be within the folder that is removed.
             "assert tempfile.gettempdir().startswith(sys.argv[1]), tempfile.gettempdir()\n"
             "time.sleep(.3)\n"
             f"shutil.copy({str(wheel[0])!r}, sys.argv[1])")
    seen = []
    datasets.fetch(lambda *a: seen.append(a), sha256=wheel[1])
    assert datasets.is_available("frond_2021") and len(list(folder.iterdir())) == 1
    assert any(text.startswith("Downloading 54 MB") for _, text in seen)


def test_the_command_installs_nothing_and_honours_the_users_settings(tmp_path):
    command = download.pip_command(datasets.REQUIREMENT, tmp_path)
    assert command[:5] == [sys.executable, "-m", "pip", "download", "xpectrass==0.0.4"]
    assert "--no-deps" in command and str(tmp_path) in command
    assert not any("index" in part or "isolated" in part for part in command)


@pytest.mark.parametrize("said, expected", [
    ("/usr/bin/python: No module named pip", "no pip"),
    ("WARNING: Retrying ... NewConnectionError: getaddrinfo failed\\nERROR: Could not find a "
     "version that satisfies the requirement", "cannot be reached"),
    ("ERROR: Could not find a version that satisfies x\\nERROR: No matching distribution",
     "does not have xpectrass==0.0.4"),
    ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
    ("SSLError(SSLCertVerificationError(1, CERTIFICATE_VERIFY_FAILED", "certificate"),
    ("Looking\\nERROR: something else", "ERROR: something else"),
    ("", "gave no reason"),
])
def test_a_failing_download_says_why(folder, monkeypatch, said, expected):
    fake_pip(monkeypatch, f'import sys; print("{said}"); sys.exit(1)')
    with pytest.raises(datasets.FetchError, match=expected):
        datasets.fetch()
    assert list(folder.iterdir()) == []


def test_pip_that_cannot_start_or_brings_nothing(folder, monkeypatch):
    monkeypatch.setattr(download, "pip_command", lambda *_: ["/no/such/program"])
    with pytest.raises(datasets.FetchError, match="cannot be started"):
        datasets.fetch()
    fake_pip(monkeypatch, "pass")
    with pytest.raises(datasets.FetchError, match="brought no file"):
        datasets.fetch()
    assert list(folder.iterdir()) == []


class Cancelled(Exception):
    pass


def test_cancelling_kills_the_download(folder, monkeypatch, tmp_path):
    alive = tmp_path / "alive"
    fake_pip(monkeypatch, "import sys, time, os\n"
             "open(os.path.join(sys.argv[1], 'pip', 'part'), 'wb').write(b'x' * 1000000)\n"
             f"while True:\n    open({str(alive)!r}, 'w').write(str(time.time()))\n"
             "    time.sleep(.02)")

    def cancel(done, text):
        # Wait until pip runs and its partial file exists.
        if done > 0 and alive.exists():
            raise Cancelled

    started = time.time()
    with pytest.raises(Cancelled):
        datasets.fetch(cancel)
    assert time.time() - started < 10
    assert list(folder.iterdir()) == []
    before = alive.stat().st_mtime_ns
    time.sleep(.2)
    assert alive.stat().st_mtime_ns == before


@pytest.mark.parametrize("at", [0, 3, 8, 11])
def test_cancelling_the_conversion(folder, wheel, at):
    calls = []

    def cancel(done, text):
        calls.append(text)
        if len(calls) > at:
            raise Cancelled

    with pytest.raises(Cancelled):
        datasets.fetch(cancel, wheel=wheel[0], sha256=wheel[1])
    assert list(folder.iterdir()) == []


def test_another_file_is_refused_and_what_was_there_stays(folder, wheel, tmp_path):
    datasets.fetch(wheel=wheel[0], sha256=wheel[1])
    before = len(datasets.load("jung_2018"))
    truncated = tmp_path / "truncated.whl"
    truncated.write_bytes(wheel[0].read_bytes()[:-1000])
    with pytest.raises(datasets.FetchError, match="truncated.whl is not the file.*checksum"):
        datasets.fetch(wheel=truncated, sha256=wheel[1])
    with pytest.raises(datasets.FetchError, match="checksum"):
        datasets.fetch(wheel=wheel[0])  # the real wheel's checksum
    with pytest.raises(datasets.FetchError, match="cannot be read"):
        datasets.fetch(wheel=tmp_path / "missing.whl")
    assert [p.name for p in folder.iterdir()] == ["spectra-1"]
    assert len(datasets.load("jung_2018")) == before


def broken(kind):
    sets = small_sets()
    if kind == "a set is missing":
        del sets["kedzierski_2019"]
    elif kind == "xz is truncated":
        sets["kedzierski_2019"] = lzma.compress(sets["kedzierski_2019"].encode())[:-200]
    elif kind == "not xz":
        sets["kedzierski_2019"] = b"PK nothing"
    elif kind == "no spectra":
        sets["kedzierski_2019"] = "study,sample_id,type,environmental\na,b,c,N"
    elif kind == "no type":
        sets["kedzierski_2019"] = "study,sample_id,environmental,400,401\na,b,N,1,2"
    return sets


@pytest.mark.parametrize("kind", ["a set is missing", "xz is truncated", "not xz", "no spectra",
                                  "no type", "not a zip"])
def test_a_broken_file_with_the_right_checksum(folder, tmp_path, kind):
    path = tmp_path / "broken.whl"
    if kind == "not a zip":
        path.write_bytes(b"not a zip")
        digest = hashlib.sha256(b"not a zip").hexdigest()
    else:
        digest = write_wheel(path, broken(kind))
    with pytest.raises(datasets.FetchError, match="cannot be read"):
        datasets.fetch(wheel=path, sha256=digest)
    assert list(folder.iterdir()) == []


def test_a_full_disk_and_a_folder_that_cannot_be_written(folder, wheel, monkeypatch, tmp_path):
    path, digest = wheel

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        with pytest.raises(datasets.FetchError, match="disk .* is full"):
            datasets.fetch(wheel=path, sha256=digest)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
        with pytest.raises(datasets.FetchError, match="disk .* is full"):
            datasets.fetch(wheel=path, sha256=digest)
    assert list(folder.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(datasets.FetchError, match="cannot be written"):
        datasets.fetch(wheel=path, sha256=digest)


def test_leftovers_of_a_killed_fetch_are_swept(folder, wheel):
    (old := folder / ".fetching-old").mkdir(parents=True)
    (old / "part").write_text("x")
    (new := folder / ".fetching-new").mkdir()
    os.utime(old, (time.time() - 2e5,) * 2)
    datasets.fetch(wheel=wheel[0], sha256=wheel[1])
    assert not old.exists() and new.exists()


# --- loading

def test_missing_and_damaged_sets_are_told(folder, wheel):
    with pytest.raises(datasets.MissingData, match="Jung 2018 has not been fetched"):
        datasets.load("jung_2018")
    with pytest.raises(ValueError, match="no set 'jung'.*jung_2018"):
        datasets.load("jung")
    with pytest.raises(ValueError, match="no set"):
        datasets.is_available("jung")
    datasets.fetch(wheel=wheel[0], sha256=wheel[1])
    path = folder / "spectra-1" / "jung_2018.npz"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(datasets.MissingData, match="fetch them again"):
        datasets.load("jung_2018")


def test_tables_have_the_agreed_columns(fetched):
    for name, info in datasets.SETS.items():
        data = datasets.load(name)
        w = axis.wavenumbers(data.domain)
        assert data.X.shape[1] == len(w) and (np.diff(w) > 0).all()
        assert [float(a.name) for a in data.domain.attributes] == w.tolist()
        assert data.domain.class_var.name == "polymer" and data.domain.class_var.is_discrete
        assert [m.name for m in data.domain.metas][:4] == ["sample", "study", "environmental",
                                                           "source"]
        assert data.domain["environmental"].values == ("no", "yes")
        assert data.domain["study"].values == (info.study,)
        assert data.name == info.title
        assert not duplicates.exact_duplicates(data.X).any()
        assert np.isfinite(data.X).any(axis=1).all() and np.nanmax(data.X) < 3.01
        assert len(set(data.get_column("sample"))) == len(data)
        assert pickle.loads(pickle.dumps(data)).domain == data.domain


def test_values_are_absorbance(fetched):
    data = datasets.load("jung_2018")
    w = axis.wavenumbers(data.domain)
    # As the file has it: per cent, rounded to six places, wavenumbers descending.
    expected = absorbance(w[::-1], ["HDPE", "LDPE", "PP", "PS"] * 4, 1)[:, ::-1]
    np.testing.assert_allclose(data.X, expected, atol=1e-5)
    assert data.get_column("sample").tolist() == [f"LL{i}" for i in range(15)] + ["LL0 (2)"]
    assert (data.get_column("environmental") == 1).all()


def test_flopp_is_cut_sorted_and_relabelled(fetched):
    data = datasets.load("frond_2021")
    w = axis.wavenumbers(data.domain)
    assert w[0] == 675 and w[-1] == 4000
    assert np.isfinite(data.X).all()
    # One dead point: the floor of 0.1 % is an absorbance of 3.
    assert data.X.max() == pytest.approx(3) and (data.X > 2).sum() == 1
    polymers = [data.domain.class_var.values[int(v)] for v in data.Y]
    assert polymers == ["PE", "PP", "PS", "PVC", "PEVA"]


def test_overcorrected_carbon_dioxide_is_missing(fetched):
    data = datasets.load("kedzierski_2019")
    w = axis.wavenumbers(data.domain)
    assert len(data) == 19  # one row repeated another
    missing = np.isnan(data.X)
    region = (w >= 2250) & (w <= 2420)
    assert missing[4, region].all() and not missing[4, ~region].any()
    assert not np.delete(missing, 4, axis=0).any()
    assert .3 < np.nanmax(data.X) < .7  # the scale of 100 is gone


def test_unlabelled_set(fetched):
    data = datasets.load("kedzierski_2019_u")
    assert len(data) == 5 and np.isnan(data.Y).all() and data.domain.class_var.values == ()
    assert set(data.get_column("sample code")) == {"M14"}
    with pytest.raises(ValueError, match="has no class PE; it has none"):
        datasets.load("kedzierski_2019_u", classes=["PE"])


def test_sources_group_near_duplicates_and_differ_between_sets(fetched):
    c8 = datasets.load("villegas_camacho_2024_c8")
    assert len(c8) == 21  # 25 less 4 exact duplicates
    source = c8.get_column("source")
    assert source[8] == source[20] and len(set(source)) == 20
    others = [s for name in datasets.SETS if not name.endswith("c8")
              for s in datasets.load(name).get_column("source")]
    assert not set(source) & set(others)


def test_counts_are_those_of_the_tables(fetched):
    for name in datasets.SETS:
        for environmental in (None, True, False):
            n, doubtful = datasets.count(name, environmental=environmental)
            for choice, expected in (("keep", n), ("drop", n - doubtful)):
                if expected:
                    assert len(datasets.load(name, environmental=environmental,
                                             doubtful=choice)) == expected
                else:
                    with pytest.raises(ValueError, match="is left by these choices"):
                        datasets.load(name, environmental=environmental, doubtful=choice)


def test_corrected_labels_stand_beside_what_the_file_says(fetched):
    flopp = datasets.load("frond_2021")
    polymers = np.array(flopp.domain.class_var.values)[flopp.Y.astype(int)]
    published = flopp.get_column("published as")
    eva = flopp.get_column("sample") == "FLOPP-e_EVA_1"
    assert polymers[eva].tolist() == ["PEVA"] and published[eva].tolist() == ["PVC"]
    assert (polymers[~eva] == published[~eva]).all()
    both = datasets.join([flopp, datasets.load("villegas_camacho_2024_c8")])
    assert both.get_column("published as")[:len(flopp)].tolist() == published.tolist()
    assert set(both.get_column("published as")[len(flopp):]) == {""}


def test_what_is_derived_is_stored_as_a_whole_or_not_at_all(fetched, monkeypatch):
    """A process that is killed while writing must not leave a partial file."""
    path = store.sets_dir() / "frond_2021.derived.npz"
    before, listing = path.read_bytes(), sorted(path.parent.iterdir())

    def killed(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(curation, "_RULES", -1)
    monkeypatch.setattr(np, "savez", killed)
    with pytest.raises(KeyboardInterrupt):
        datasets.load("frond_2021")
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == listing


def test_choices(fetched):
    name = "villegas_camacho_2024_c8"
    everything = datasets.load(name)
    assert everything.domain.class_var.values == ("HDPE", "LDPE", "PP", "PS")
    merged = datasets.load(name, merge_pe=True)
    assert merged.domain.class_var.values == ("PE", "PP", "PS") and len(merged) == len(everything)
    some = datasets.load(name, merge_pe=True, classes=["PE", "PS"])
    assert some.domain.class_var.values == ("PE", "PS") and 0 < len(some) < len(everything)
    with pytest.raises(ValueError, match="has no class PE; it has HDPE"):
        datasets.load(name, classes=["PE"])
    with pytest.raises(ValueError, match="No spectrum.*left"):
        datasets.load(name, environmental=True)
    assert len(datasets.load(name, environmental=False)) == len(everything)
    with pytest.raises(ValueError, match="keep"):
        datasets.load(name, doubtful="no")


def test_doubtful_labels_are_dropped(fetched):
    for name in ("villegas_camacho_2024_c4", "villegas_camacho_2024_c8"):
        kept = set(datasets.load(name).get_column("sample"))
        left = set(datasets.load(name, doubtful="drop").get_column("sample"))
        assert kept - left == {"V2", "V6"}


def test_test_set_is_never_a_witness():
    assert all("frond_2021" not in info.compared_with for info in datasets.SETS.values())


def test_derived_is_made_again_where_it_is_lost(folder, wheel):
    datasets.fetch(wheel=wheel[0], sha256=wheel[1])
    path = folder / "spectra-1" / "villegas_camacho_2024_c8.derived.npz"
    before = datasets.load("villegas_camacho_2024_c8", doubtful="drop")
    path.write_bytes(b"broken")
    after = datasets.load("villegas_camacho_2024_c8", doubtful="drop")
    np.testing.assert_array_equal(before.X, after.X)
    assert path.stat().st_size > 100


def test_what_older_rules_found_is_found_anew(folder, wheel):
    datasets.fetch(wheel=wheel[0], sha256=wheel[1])
    path = folder / "spectra-1" / "villegas_camacho_2024_c8.derived.npz"
    for older in ({"rules": np.array(curation._RULES - 1)}, {}):  # the first rules had no number
        with np.load(path) as file:
            arrays = {name: file[name] for name in ("keep", "source", "doubtful", "nitrile")}
        np.savez(path, **{**arrays, "doubtful": ~arrays["doubtful"]}, **older)
        left = set(datasets.load("villegas_camacho_2024_c8").get_column("sample")) - set(
            datasets.load("villegas_camacho_2024_c8", doubtful="drop").get_column("sample"))
        assert left == {"V2", "V6"}


def test_join(fetched):
    tables = [datasets.load("villegas_camacho_2024_c8", merge_pe=True),
              datasets.load("kedzierski_2019"), datasets.load("jung_2018")]
    joined = datasets.join(tables, 8)
    assert axis.wavenumbers(joined.domain).tolist() == list(range(600, 4000, 8))
    assert len(joined) == sum(map(len, tables)) and np.isfinite(joined.X).all()
    assert joined.domain.class_var.values == ("HDPE", "LDPE", "PE", "PP", "PS", "PVC")
    assert joined.domain["study"].values == ("Jung 2018", "Kedzierski 2019",
                                             "Villegas-Camacho 2024")
    assert [m.name for m in joined.domain.metas] == ["sample", "study", "environmental", "source",
                                                     "published as"]
    start = 0
    for table in tables:
        rows = joined[start:start + len(table)]
        start += len(table)
        for name in ("polymer", "study", "environmental", "sample", "source"):
            assert [str(r[name]) for r in rows] == [str(r[name]) for r in table]
        at = axis.wavenumbers(table.domain).tolist().index(1400)
        np.testing.assert_allclose(rows.X[:, 100], table.X[:, at], atol=.05)
    # The missing stretch is a straight line.
    dip = joined[len(tables[0]) + 4]
    inside = dip.x[(axis.wavenumbers(joined.domain) > 2260)
                   & (axis.wavenumbers(joined.domain) < 2410)]
    np.testing.assert_allclose(np.diff(inside, 2), 0, atol=1e-12)


def test_join_with_the_unlabelled_set(fetched):
    joined = datasets.join([datasets.load("kedzierski_2019_u"), datasets.load("jung_2018")])
    assert [m.name for m in joined.domain.metas][-2:] == ["sample code", "published as"]
    assert np.isnan(joined.Y[:5]).all() and not np.isnan(joined.Y[5:]).any()
    assert joined.get_column("sample code").tolist() == ["M14"] * 5 + [""] * 16
    assert [str(v) for v in joined[5:].get_column("sample")][0] == "LL0"


def test_join_refuses_what_cannot_be_joined(fetched):
    from Orange.data import Domain, Table
    jung = datasets.load("jung_2018")
    with pytest.raises(ValueError, match="no tables"):
        datasets.join([])
    with pytest.raises(ValueError, match="iris lacks sample"):
        datasets.join([Table("iris")])
    def part(low, high):
        attributes = [a for a in jung.domain.attributes if low <= float(a.name) <= high]
        return jung.transform(Domain(attributes, jung.domain.class_vars, jung.domain.metas))
    with pytest.raises(ValueError, match="no range"):
        datasets.join([part(500, 900), part(2000, 3000)])


# --- the published sets themselves

real = pytest.mark.skipif(not all(map(datasets.is_available, datasets.SETS)),
                          reason="the published spectra have not been fetched")


@real
@pytest.mark.parametrize("name", datasets.SETS)
def test_published_set_is_what_its_description_says(name):
    info = datasets.SETS[name]
    data = datasets.load(name)
    w = axis.wavenumbers(data.domain)
    assert (len(data), len(data.domain.class_var.values)) == (info.n_spectra, info.n_classes)
    np.testing.assert_allclose((w[0], w[-1]), info.range, atol=.06)
    assert np.nanmax(data.X) < 2 and np.isfinite(data.X).any(axis=1).all()
    assert set(data.domain.class_var.values) <= set(datasets.POLYMERS)


@real
def test_labels_are_corrected_as_the_list_says():
    for change in RELABELLED:
        data = datasets.load(change.set)
        polymers = np.array(data.domain.class_var.values)[data.Y.astype(int)]
        published = data.get_column("published as")
        changed = (published == change.published) & (polymers == change.name)
        named = changed if change.samples is None \
            else np.isin(data.get_column("sample"), change.samples)
        assert changed.any() and (changed == named).all(), change


@real
def test_what_is_called_protein_is_nearer_to_collagen_than_to_nylon():
    """Reason for the largest correction of labels, with collagen supplied with Orange."""
    protein = datasets.load("kedzierski_2019", classes=["Protein"], doubtful="drop")
    nylon = datasets.load("frond_2021", classes=["PA"])
    tissue = Table("collagen")
    collagen = tissue[tissue.domain.class_var.values.index("collagen") == tissue.Y]
    w = axis.wavenumbers(tissue.domain)
    grid = axis.uniform_grid(w[0], w[-1], 4.)

    def shapes(table):
        X = np.diff(Resample(4., grid[0], grid[-1])(table).X, axis=1)
        return (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)

    best = [(shapes(protein) @ shapes(other).T / (len(grid) - 1)).max(axis=1)
            for other in (collagen, nylon)]
    assert len(protein) == 18
    assert (best[0] > best[1] + .05).all()


@real
def test_styrene_with_nitrile_is_doubtful():
    """50 of the "PS" of FTIR-Plastics are ABS: identified by the nitrile band, not by the shape."""
    name = "villegas_camacho_2024_c8"
    data = datasets.load(name, classes=["PS"])
    left = datasets.load(name, classes=["PS"], doubtful="drop")
    assert (len(data), len(left)) == (299, 100)
    w = axis.wavenumbers(data.domain)

    def with_bands(table):
        """Spectra with bands of nitrile, and of butadiene, which the rule does not use."""
        X = np.asarray(table.X, float)
        height = np.ptp(X, axis=1)

        def band(place, beside):
            low, at, high = (X[:, np.abs(w - p).argmin()]
                             for p in (place - beside, place, place + beside))
            return (at - (low + high) / 2) / height

        return int(((band(2237, 30) > .005) & (band(966, 24) > .05)).sum())

    assert with_bands(data) > 60 and with_bands(left) == 0


@real
def test_published_absorbance_has_the_bands_of_its_polymers():
    for name in ("frond_2021", "jung_2018", "villegas_camacho_2024_c8"):
        data = datasets.load(name, merge_pe=True, classes=["PE"], doubtful="drop")
        w = axis.wavenumbers(data.domain)
        median = np.median(data.X, axis=0)
        assert abs(w[median.argmax()] - 2916) < 8, name
