"""Memory does not grow with the file."""
import os
import subprocess
import sys

import batchcase
import numpy as np
import pytest

#: Fewer points: the file is smaller, the spectra are as many.
AXIS = np.arange(1000., 3400., 20.)

#: Runs, and prints the largest memory of the process (KiB) and the number of spectra.
CODE = """
import sys
from pathlib import Path
import orangecontrib.microplastics.batch
from orangecontrib.microplastics.batch.run import Run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.threads import Threads
from orangecontrib.microplastics.dcnet.model import DCNetModel

file, folder, model, every = sys.argv[1:]
outcome = Run(Path(folder), Settings(amounts=False, every_pixel=bool(int(every))),
              lambda low: DCNetModel.load(model), lambda context: Threads(context, 2),
              memory=250e6).run([Path(file)])
print("peak", *[line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line],
      int(outcome.counts.sum()), outcome.done)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "few.dcnet"
    batchcase.quick_model(AXIS, epochs=1, step=20, mixtures=0).save(path)
    return path


def write(path, rows, columns, filter_map):
    """A large map, written row by row: matter in one corner."""
    rng = np.random.default_rng(0)
    high, wide = filter_map.shape[:2]
    bare = filter_map.reshape(-1, len(AXIS))[:50]
    with open(path.with_suffix(".img"), "wb") as file:
        for row in range(rows):
            X = bare[rng.integers(len(bare), size=columns)] \
                + rng.normal(0, .002, (columns, len(AXIS)))
            if row < high:
                X[:wide] = filter_map[row]
            X.astype("<f4").tofile(file)
    batchcase.write_header(path, (rows, columns, len(AXIS)), AXIS)
    return path


def peak(path, out, model, every):
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(path), str(out), str(model), str(int(every))], text=True,
        capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    _, kilobytes, n, files = done.stdout.splitlines()[-1].split()
    assert files == "1", done.stdout
    return int(kilobytes) * 1024, int(n)


# Not getrusage: a process inherits the peak of the one that started it.
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("every", [False, True])
def test_two_hundred_thousand_spectra(tmp_path, model, every):
    filter_map = batchcase.quick_map(32, wavenumbers=AXIS)
    small, n = peak(write(tmp_path / "small.hdr", 40, 50, filter_map), tmp_path / "o1", model,
                    every)
    assert n == 2000 if every else 0 < n < 1000
    path = write(tmp_path / "large.hdr", 400, 500, filter_map)
    large, n = peak(path, tmp_path / "o2", model, every)
    assert n == 200_000 if every else 0 < n < 1000
    path.with_suffix(".img").unlink()
    print(f"{small / 1e6:.0f} MB, {(large - small) / 1e6:.0f} MB more")
    assert large - small < 300e6
