"""Tasks on the cores of this computer."""
from __future__ import annotations

import os
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from threadpoolctl import threadpool_limits

from orangecontrib.microplastics.batch import tasks
from orangecontrib.microplastics.batch.tasks import Context, Result

__all__ = ["Threads", "cores"]


class Threads:
    """Does tasks in threads: one reads ahead, the others compute.

    Numpy and torch leave Python free while they work, so that threads are as fast as processes,
    and share the model.
    """

    def __init__(self, context: Context, workers: int | None = None):
        """
        Parameters
        ----------
        context : Context
        workers : int, optional
            Number of threads that compute; by default the number of cores.
        """
        self.context = context
        context.model.prepare(context.settings.device)
        self.workers = workers or cores()

    @property
    def workers_here(self) -> int:
        """Number of those that compute on this computer."""
        return self.workers

    @property
    def described(self) -> str:
        return f"{self.workers} {'thread' if self.workers == 1 else 'threads'} on this computer"

    @property
    def blocks_at_once(self) -> int:
        """Blocks in memory at a time."""
        return self.workers + 2

    def results(self, todo: Iterable[tuple[Hashable, tuple]]) \
            -> Iterator[tuple[Hashable, Result]]:
        """Do tasks, given with a key, and yield results with their keys as they are done.

        Tasks are taken from `todo` when there is room for them. If the loop over results ends
        early, those under way are finished and dropped.
        """
        todo, running = iter(todo), {}
        waiting = deque()
        reader, pool = ThreadPoolExecutor(1), ThreadPoolExecutor(self.workers)

        def compute(task, found):
            # Imported here: it loads torch.
            from orangecontrib.microplastics.nn.devices import threads
            try:
                with threads(1):
                    return tasks.compute(self.context, task, found.result())
            # A file that cannot be used must not end the work on the others.
            except Exception as ex:
                return tasks.failure(ex, self.context.settings.transmittance)

        # One core each: more threads of BLAS would only be in each other's way.
        with threadpool_limits(1):
            try:
                while True:
                    while len(running) < self.workers + 1:
                        item = next(todo, None)
                        if item is None:
                            break
                        key, task = item
                        found = reader.submit(tasks.read, task)
                        running[pool.submit(compute, task, found)] = key
                    if not running:
                        return
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    waiting.extend(done)
                    while waiting:
                        future = waiting.popleft()
                        yield running.pop(future), future.result()
            finally:
                for future in running:
                    future.cancel()
                pool.shutdown(cancel_futures=True)
                reader.shutdown(cancel_futures=True)

    def close(self):
        """Close files that are kept open."""
        tasks.forget()


def cores() -> int:
    """Number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        return os.cpu_count() or 1
