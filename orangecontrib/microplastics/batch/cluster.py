"""Tasks on several computers, or in several processes, with Dask.

Any cluster that Dask knows will do: the scheduler's address is enough. Workers read files
themselves, so these must have the same path everywhere (a shared folder).
"""
from __future__ import annotations

import hashlib
import pickle
from collections.abc import Hashable, Iterable, Iterator

from orangecontrib.microplastics.batch import tasks
from orangecontrib.microplastics.batch.tasks import Context, Result

__all__ = ["Cluster"]

#: How often a task is tried again on another worker after one died with it.
_AGAIN = 5


class Cluster:
    """Does tasks on the workers of a Dask cluster.

    The model goes to each worker once, also to those that come later or start again
    (a WorkerPlugin). A task that was lost with its worker is given to another one.
    """

    def __init__(self, context: Context, address: str | None = None, workers: int | None = None):
        """
        Parameters
        ----------
        context : Context
        address : str, optional
            Of a scheduler; without it, workers are started on this computer.
        workers : int, optional
            How many of them; by default one for each core.

        Raises
        ------
        ValueError
            If Dask is not installed, or the scheduler cannot be reached.
        """
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise ValueError('Dask is not installed: pip install "Orange3-Microplastics[cluster]".'
                             ) from None
        self.context, self._cluster, self._address = context, None, address
        if address is None:
            from orangecontrib.microplastics.batch.threads import cores
            # The nanny starts a worker that died again.
            self._cluster = LocalCluster(n_workers=workers or cores(), threads_per_worker=1,
                                         processes=True, dashboard_address=":0",
                                         memory_limit=0)
        try:
            self.client = Client(self._cluster or address, set_as_default=False, timeout=20)
        except (OSError, ValueError) as ex:
            if self._cluster is not None:
                self._cluster.close()
            raise ValueError(f"The scheduler {address} cannot be reached: {ex}.") from ex
        data = pickle.dumps(context)
        self._name = f"orange-microplastics-{hashlib.sha256(data).hexdigest()[:16]}"
        self.client.register_plugin(_plugin(data), name=self._name)

    @property
    def workers(self) -> int:
        """Number of threads of all workers, at least 1."""
        return max(1, sum(self.client.nthreads().values()))

    @property
    def described(self) -> str:
        n = len(self.client.nthreads())
        where = self._address or "this computer"
        return f"{n} Dask {'worker' if n == 1 else 'workers'}, {where}"

    @property
    def blocks_at_once(self) -> int:
        """Blocks in the memory of one computer at a time."""
        return 2 * self.workers if self._cluster is not None else 4

    def results(self, todo: Iterable[tuple[Hashable, tuple]]) \
            -> Iterator[tuple[Hashable, Result]]:
        """As :meth:`.threads.Threads.results`."""
        from distributed import as_completed
        todo, keys = iter(todo), {}
        running = as_completed(loop=self.client.loop)

        def fill():
            # Two for each thread, so that none waits for the next.
            while len(keys) < 2 * self.workers + 2:
                item = next(todo, None)
                if item is None:
                    return
                future = self.client.submit(_work, self._name, item[1], pure=False,
                                            retries=_AGAIN)
                keys[future] = item[0]
                running.add(future)

        try:
            fill()
            for future in running:
                try:
                    found = future.result()
                # What the task raises is in its result; this is the cluster's own.
                except Exception as ex:
                    found = tasks.failure(ex)
                yield keys.pop(future), found
                fill()
        finally:
            for future in keys:
                future.cancel()

    def close(self):
        """Leave the cluster; workers started for it end."""
        self.client.close()
        if self._cluster is not None:
            self._cluster.close()


def _plugin(data):
    from distributed import WorkerPlugin

    class Model(WorkerPlugin):
        """Keeps the model in a worker."""

        def __init__(self, data):
            self.data = data

        def setup(self, worker):
            import pickle

            # Its first import, so that orange-spectroscopy starts no cluster in the worker.
            import orangecontrib.microplastics.batch  # noqa: F401
            self.context = pickle.loads(self.data)
            self.context.model.prepare(self.context.settings.device)
            self.data = b""

    return Model(data)


def _work(name, task):
    """In a worker: one thread for one task."""
    from distributed import get_worker
    from threadpoolctl import threadpool_limits

    from orangecontrib.microplastics.nn.devices import threads
    with threadpool_limits(1), threads(1):
        return tasks.work(get_worker().plugins[name].context, task)
