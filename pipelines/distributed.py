"""Several training hosts: XGBoost's own collective, with its tracker on the first one. Host names come from SageMaker's variables only."""

import json
import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from xgboost import collective
from xgboost.tracker import RabitTracker

from pipelines.customers import Customers

log = logging.getLogger(__name__)

PORT = 9099
RETRIES = 60
"""Connections to the tracker that are tried, each after a longer pause: hosts do not start at the same moment."""

SECONDS = 600
"""How long hosts wait for each other."""


class HostsError(Exception):
    """The container's variables about its hosts do not fit together."""


@dataclass(frozen=True)
class Team:
    """The hosts of a training job, in the same order everywhere, and the place of this one."""

    hosts: tuple[str, ...] = ("alone",)
    place: int = 0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Team":
        """From `SM_HOSTS` and `SM_CURRENT_HOST`; one host where they are not set."""
        environ = os.environ if environ is None else environ
        if "SM_HOSTS" not in environ:
            return cls()
        hosts = tuple(sorted(json.loads(environ["SM_HOSTS"])))
        current = environ.get("SM_CURRENT_HOST", hosts[0] if len(hosts) == 1 else "")
        if current not in hosts:
            raise HostsError(f"SM_CURRENT_HOST is {current!r}, which is none of SM_HOSTS: {', '.join(hosts)}")
        return cls(hosts, hosts.index(current))

    @property
    def first(self) -> bool:
        """Whether this host does what only one may do: the tracker, the baselines, saving."""
        return self.place == 0

    def share(self, customers: Customers) -> Customers:
        """This host's rows, whole customers by their hash; every host was given all of them."""
        return customers.take(customers.who % len(self.hosts) == self.place) if len(self.hosts) > 1 else customers


@contextmanager
def collected(team: Team) -> Iterator[None]:
    """While this lasts, trees are grown by all hosts together."""
    if len(team.hosts) == 1:
        yield
        return
    address = socket.gethostbyname(team.hosts[0])
    tracker = None
    if team.first:
        tracker = RabitTracker(n_workers=len(team.hosts), host_ip=address, port=PORT, sortby="task", timeout=SECONDS)
        tracker.start()
    log.info("host %d of %d, tracker at %s:%d", team.place + 1, len(team.hosts), address, PORT)
    with collective.CommunicatorContext(
        dmlc_communicator="rabit",
        dmlc_tracker_uri=address,
        dmlc_tracker_port=PORT,
        dmlc_task_id=f"{team.place:04d}",
        dmlc_retry=RETRIES,
        dmlc_timeout=SECONDS,
    ):
        yield
    if tracker is not None:
        tracker.wait_for(SECONDS)
