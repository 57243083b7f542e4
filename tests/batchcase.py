"""What the tests of runs over many files share: a small model, files of each kind, and all results
of a run to compare."""
import csv
import hashlib
import json
from pathlib import Path

import h5py
import numpy as np

from orangecontrib.microplastics.batch.manifest import NAME
from orangecontrib.microplastics.batch.run import Progress, Run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.threads import Threads
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.simulation.polymers import simulate

POLYMERS = ("PE", "PP", "PS", "PET")

#: A coarse axis: training and answers are fast.
AXIS = np.arange(900, 3600, 16.)


def quick_model(axis=AXIS, **options):
    options = {"epochs": 4, "widths": (8, 8, 8), "step": 16, "mixtures": 2, "seed": 1, **options}
    model = DCNetLearner(**options)(simulate(POLYMERS, 40, wavenumbers=axis))
    model.name = "Quick"
    return model


def quick_map(size=32, particles=4, seed=3, **options):
    """Absorbances (rows, columns, len(AXIS)) of a filter with particles."""
    shape = (size, size) if np.ndim(size) == 0 else size
    options = {"polymers": POLYMERS, "fibres": 0, "touching": 0, "small": 0, "sand": 0,
               "biofilm": 0, "matrix": "silicon", "wavenumbers": AXIS, **options}
    return simulate_map(size, particles=particles, seed=seed, **options).table.X.reshape(
        *shape, -1)


def spectra(n, seed=0):
    """Absorbances (n, len(AXIS)) of pure polymers."""
    X = simulate(POLYMERS, -(-n // len(POLYMERS)), wavenumbers=AXIS, seed=seed).X
    return X[np.random.default_rng(seed).permutation(len(X))[:n]]


# ------------------------------------------------------------------------------ files

def write_csv(path, X, names=None, axis=AXIS, **columns):
    """A spectrum in each row; before it columns that are no spectrum."""
    if names is not None:
        columns = {"sample": names, **columns}
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, *(f"{w:g}" for w in axis)])
        for i, row in enumerate(X):
            writer.writerow([*(values[i] for values in columns.values()),
                             *(f"{v:.6f}" for v in row)])
    return path


def write_envi(path, X, axis=AXIS, pixel=(6.25, 6.25)):
    """The header and its .img, of absorbances (rows, columns, m)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    X.astype("<f4").tofile(path.with_suffix(".img"))
    write_header(path, X.shape, axis, pixel)
    return path


def write_header(path, shape, axis=AXIS, pixel=(6.25, 6.25)):
    rows, columns, bands = shape
    path.write_text("\n".join([
        "ENVI", f"samples = {columns}", f"lines = {rows}", f"bands = {bands}",
        "header offset = 0", "file type = ENVI Standard", "data type = 4", "interleave = bip",
        "byte order = 0", f"wavelength = {{{', '.join(f'{w:g}' for w in axis)}}}",
        *([f"pixel size = {{{pixel[0]}, {pixel[1]}, units=um}}"] if pixel else []), ""]))


def write_hdf5(path, X, axis=AXIS):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset("spectra", data=X, chunks=(3, X.shape[1]))
        file["wavenumbers"] = axis
    return path


def write_zarr(path, X, axis=AXIS):
    import zarr
    group = zarr.open_group(str(path), mode="w")
    for name, values in (("spectra", X), ("wavenumbers", axis)):
        values = np.asarray(values)
        group.create_dataset(name, shape=values.shape, dtype=values.dtype,
                             chunks=(4, *values.shape[1:])[:values.ndim])[:] = values
    return path


# ------------------------------------------------------------------------------ runs

class Told:
    """What a run says, and which files it refuses."""

    def __init__(self):
        self.said, self.failed = [], []


def run(folder, paths, model, *, settings=None, engine=None, told=None, progress=None,
        resume=False, **options):
    """A run in threads, unless `engine` says otherwise; `model` may be a function."""
    told = told or Told()
    return Run(folder, settings or Settings(),
               model if callable(model) and not hasattr(model, "domain") else lambda low: model,
               engine or (lambda context: Threads(context, 2)), resume=resume,
               progress=progress, say=told.said.append, fail=told.failed.append,
               **options).run([Path(path) for path in paths])


class Counted:
    """An engine that counts the tasks that it is given."""

    def __init__(self, engine):
        self._engine, self.tasks = engine, []

    def results(self, todo):
        def counted():
            for key, task in todo:
                self.tasks.append(task)
                yield key, task
        return self._engine.results(counted())

    def __getattr__(self, name):
        return getattr(self._engine, name)


class Stop(Progress):
    """Raises an exception in the call number `at` of `add`."""

    def __init__(self, at, exception):
        self._left, self._exception = at, exception

    def add(self, n):
        self._left -= 1
        if not self._left:
            raise self._exception


# ------------------------------------------------------------------------------ results

def manifest(folder):
    return json.loads((folder / NAME).read_text(encoding="utf-8"))


def entries(folder):
    """Entries of the manifest by the names of their files."""
    return {Path(entry["path"]).name: entry for entry in manifest(folder)["files"]}


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def pixels(folder):
    """Arrays of the pixels of a map, and their attributes."""
    import zarr
    group = zarr.open_group(str(folder / "pixels.zarr"), mode="r")
    return {name: array[:] for name, array in group.members()}, dict(group.attrs)


def sha256(*paths):
    """As the manifest has it for a file, or several."""
    hashes = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in sorted(paths)]
    if len(hashes) == 1:
        return hashes[0][1]
    return hashlib.sha256("".join(f"{one}  {name}\n" for name, one in hashes).encode()).hexdigest()


#: What differs between two runs in the manifest, and in the report.
_OF_THE_RUN = ("finished", "begun", "computed by", "versions", "bytes of a block")


def everything(folder):
    """All results of a run, of any layout on disk, as a dict that can be compared."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith("state") or ".zarr/" in name or path.is_dir() and path.suffix != ".zarr":
            continue
        if path.suffix == ".zarr":
            arrays, about = pixels(path.parent)
            found.update({f"{name} {key}": (value.dtype, value.shape, value.tobytes())
                          for key, value in arrays.items()})
            found[name] = about
        elif path.suffix == ".parquet":
            import pyarrow.parquet
            found[name] = _repeatable(pyarrow.parquet.read_table(path).to_pydict())
        elif path.name == NAME:
            about = manifest(folder)
            files = [{key: value for key, value in entry.items() if key not in _OF_THE_RUN}
                     for entry in about.pop("files")]
            # Of a file of rows, how many blocks are stored.
            files = [{key: value for key, value in entry.items() if key != "blocks"}
                     for entry in files]
            found[name] = files, {k: v for k, v in about.items() if k not in _OF_THE_RUN}
        elif path.suffix != ".html":
            found[name] = path.read_bytes()
        else:
            found[name] = "a report"
    return found


def _repeatable(columns):
    """NaN is not equal to itself."""
    return {name: [repr(value) for value in values] for name, values in columns.items()}


def check_same(one, other):
    """Two results of :func:`everything` are equal; tells where not."""
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
