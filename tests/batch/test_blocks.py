"""Results do not depend on how the work is divided: sizes of blocks, threads, several files."""
import batchcase
import pytest

from orangecontrib.microplastics.batch import run, tasks
from orangecontrib.microplastics.batch.run import Run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.threads import Threads


@pytest.mark.parametrize("size, threads, rows", [(3_000, 1, 2048), (20_000, 4, 7),
                                                 (100_000, 4, 64)])
def test_any_blocks_and_any_number_of_threads(tmp_path, monkeypatch, results, paths, model, size,
                                              threads, rows):
    monkeypatch.setattr(run, "_SMALLEST", size)
    monkeypatch.setattr(run, "_LARGEST", size)
    monkeypatch.setattr(tasks, "_ROWS", rows)
    engines, out = [], tmp_path / "out"

    def engine(context):
        engines.append(batchcase.Counted(Threads(context, threads)))
        return engines[-1]

    batchcase.run(out, paths, model, engine=engine)
    batchcase.check_same(batchcase.everything(out), batchcase.everything(results[0]))
    blocks = [task for task in engines[0].tasks if not isinstance(task, tasks.Whole)]
    assert len(blocks) > (5, 20, 60)[size < 50_000 and 1 + (size < 10_000)]
    assert batchcase.manifest(out)["bytes of a block"] == size


def test_the_memory_decides_on_the_blocks(tmp_path, model):
    sizes = [Run(tmp_path / str(memory), Settings(), lambda low: model,
                 lambda context: Threads(context, 2), memory=memory)
             .manifest.about["bytes of a block"] for memory in (1e6, 300e6, 400e6, 10e9)]
    assert sizes == sorted(sizes)
    assert sizes[0] == run._SMALLEST and sizes[-1] == run._LARGEST
    # Two of each block that is at work or read ahead: as it is in the file, and as numbers.
    assert 2 * 4 * sizes[1] + 2 * run._COMPUTING == pytest.approx(300e6, rel=1e-6)


def test_no_more_blocks_are_taken_than_there_is_room_for(model):
    """`todo` may be long: it is not taken as a whole."""
    taken = []

    def todo():
        for i in range(50):
            taken.append(i)
            yield i, tasks.Whole(f"/none/{i}.csv")

    engine = Threads(tasks.Context(model, Settings()), 2)
    for number, (_key, result) in enumerate(engine.results(todo()), 1):
        assert "There is no file" in tasks.text_of(result["error"])
        assert len(taken) <= number + engine.blocks_at_once
    assert number == 50
