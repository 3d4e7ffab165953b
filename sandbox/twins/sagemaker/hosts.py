"""Several hosts of one job: all of them together, or none."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sandbox.twins.sagemaker.container import Container
from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import JobStoppedError


def run_together(hosts: Sequence[Container], work: Callable[[Container], None]) -> None:
    """Every host's work at the same time; succeeds when all do. The first one to fail ends the others, and its error is the job's.

    The hosts share one stop, which is a part of the job's.
    """
    if len(hosts) == 1:
        work(hosts[0])
        return
    together = hosts[0].stop
    first: list[Exception] = []
    lock = threading.Lock()

    def one(container: Container) -> None:
        try:
            work(container)
        except Exception as error:
            with lock:
                first.append(error)
            together.event.set()

    with ThreadPoolExecutor(max_workers=len(hosts), thread_name_prefix="host") as pool:
        list(pool.map(one, hosts))
    _collect_logs(hosts)
    if first:
        raise _on_host(hosts, first[0])


def _on_host(hosts: Sequence[Container], error: Exception) -> Exception:
    asked = hosts[0].stop.whole
    return JobStoppedError() if asked is not None and asked.asked and not isinstance(error, JobFailedError) else error


def _collect_logs(hosts: Sequence[Container]) -> None:
    """Behind what the first host printed, what the others did."""
    with hosts[0].log.open("a") as log:
        for container in hosts[1:]:
            said = container.log.read_text(errors="replace") if container.log.exists() else ""
            log.write(f"--- {container.host}\n{said}")
