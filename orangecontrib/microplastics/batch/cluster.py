"""Tasks on several computers, or in several processes, with Dask.

Any cluster that Dask knows will do: the scheduler's address is enough. Workers read files
themselves, so these must have the same path everywhere (a shared folder).
"""
from __future__ import annotations

import contextlib
import pickle
import uuid
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

from orangecontrib.microplastics.batch import tasks
from orangecontrib.microplastics.batch.tasks import Context, EngineLost, Result

__all__ = ["Cluster"]

#: How often a task is tried again that a worker could not begin. (With how many workers a task may
#: die is a setting of Dask, "allowed-failures": 3.)
_AGAIN = 5

#: Seconds in which a scheduler answers.
_PATIENCE = 20


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
            self.client = Client(self._cluster or address, set_as_default=False,
                                 timeout=_PATIENCE)
        except (OSError, ValueError) as ex:
            if self._cluster is not None:
                self._cluster.close()
            raise ValueError(f"The scheduler {address} cannot be reached: {ex}.") from ex
        try:
            self.client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            self.client.close()
            raise ValueError(f"The cluster of {address} has no workers: start some, such as "
                             f"'dask worker {address}'.") from None
        # Another one for each run: workers may be older than the files.
        self._name = f"orange-microplastics-{uuid.uuid4().hex}"
        try:
            self.client.register_plugin(_plugin(pickle.dumps(context),
                                                self._cluster is not None), name=self._name)
        # What the workers raise, such as ImportError.
        except Exception as ex:
            self.close()
            raise ValueError("The workers cannot be used, which need the same packages as this "
                             f"computer: {type(ex).__name__}: {ex}") from ex

    @property
    def workers(self) -> int:
        """Number of threads of all workers, at least 1."""
        return max(1, sum(self.client.nthreads().values()))

    @property
    def workers_here(self) -> int:
        """Number of those that compute on this computer."""
        return self.workers if self._cluster is not None else 0

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
        """As :meth:`.threads.Threads.results`.

        Raises
        ------
        EngineLost
            If the scheduler is gone.
        """
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
                    # Not the fault of a file.
                    if self.client.status != "running" or isinstance(ex, CancelledError):
                        raise
                    found = tasks.failure(ex)
                yield keys.pop(future), found
                fill()
        except Exception as ex:
            # Without a scheduler, the client raises what it stumbles over.
            if self.client.status == "running" and not isinstance(ex, CancelledError):
                raise
            raise EngineLost(
                "The scheduler of the cluster does not answer any more.") from ex
        finally:
            for future in keys:
                future.cancel()

    def close(self):
        """Leave the cluster; workers started for it end, others forget the model."""
        tasks.forget()
        if self._cluster is None and self.client.status == "running":
            # They may be gone, or never have had it.
            with contextlib.suppress(Exception):
                self.client.unregister_worker_plugin(self._name)
        self.client.close()
        if self._cluster is not None:
            self._cluster.close()


def _plugin(data, own):
    from distributed import WorkerPlugin

    class Model(WorkerPlugin):
        """Keeps the model in a worker."""

        def __init__(self, data, own):
            self.data, self.own = data, own

        def setup(self, worker):
            import pickle
            import signal
            import threading

            if self.own and threading.current_thread() is threading.main_thread():
                # Ctrl+C reaches all processes of a terminal: the first of them ends the others.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            from orangecontrib.microplastics.batch import tasks
            tasks.forget()
            self.context = pickle.loads(self.data)
            self.context.model.prepare(self.context.settings.device)
            self.data = b""

    return Model(data, own)


def _work(name, task):
    """In a worker: one thread for one task."""
    from distributed import get_worker
    from threadpoolctl import threadpool_limits

    from orangecontrib.microplastics.nn.devices import threads
    worker = get_worker()
    if not Path(task.path).exists():
        return tasks.failure(FileNotFoundError(
            f"{task.path} is not there for the worker {worker.address}: workers read files "
            "themselves, under the same path on all computers, as in a shared folder."))
    with threadpool_limits(1), threads(1):
        return tasks.work(worker.plugins[name].context, task)
