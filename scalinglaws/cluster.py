"""Work on a running Dask scheduler: `scalinglaws grade` and `sweep` with `--cluster ADDRESS`.

The workers need only this package: the work is sent to them, and the results come back. Only this
process writes the gradebook and the tables. If a worker dies, the others take over its work.
"""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from scalinglaws.errors import CourseError

TRIES = 3  # give up on a task that has killed this many workers
PATIENCE = 20.0  # seconds to wait for a scheduler's answer


def connect(address: str) -> "ClusterExecutor":
    """An executor on the scheduler at `address`, such as tcp://127.0.0.1:8786.

    Raises CourseError if no scheduler answers, or if it has no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "--cluster needs the package distributed: pip install 'scalinglaws[cluster]'."
        ) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CourseError(
            f"No Dask scheduler answers at {address} ({type(error).__name__})."
        ) from None
    workers = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        client.close()
        raise CourseError(
            f"The scheduler at {address} has no workers: start some with `dask worker {address}`."
        )
    return ClusterExecutor(client, sum(worker["nthreads"] for worker in workers.values()))


class ClusterExecutor(Executor):
    """Dask's client with the interface of `concurrent.futures`. slots: the workers' threads, added
    up.
    """

    def __init__(self, client: Any, slots: int) -> None:
        self.client, self.slots = client, slots
        self._threads = ThreadPoolExecutor(
            2 * slots + 2, thread_name_prefix="cluster"
        )  # they only wait

    def submit(self, function, /, *args, **kwargs) -> Future:
        """Run `function` on a worker; if the worker dies, another takes over."""
        future = self.client.submit(function, *args, **kwargs, pure=False, retries=TRIES)
        return self._threads.submit(future.result)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster as it was found."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        self.client.close()
