"""Run the twin server: `python -m sandbox.twins --directory DIR --port N --endpoint URL [--certificate PEM --key PEM]`."""

import argparse
import logging
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sandbox.twins.authorization import Authorization, simulate_with
from sandbox.twins.cloud import Cloud
from sandbox.twins.context import TwinContext
from sandbox.twins.records import Records
from sandbox.twins.registry import Twins
from sandbox.twins.routing import Routing
from sandbox.twins.server import TwinServer
from sandbox.twins.store import Store

ACCOUNT = "000000000000"


def make_twins(directory: Path, cloud: Cloud, authorization: Authorization | None = None, targets: dict[str, str] | None = None) -> Twins:
    """The twins of a sandbox, each with a folder of its own under `directory`/twins."""

    def now() -> datetime:
        return datetime.now(UTC)

    def context_for(name: str) -> TwinContext:
        folder = directory / "twins" / name
        folder.mkdir(parents=True, exist_ok=True)
        return TwinContext(
            directory=folder,
            records=Records(folder / "received.jsonl", now),
            store=Store(folder / "state.sqlite"),
            cloud=cloud,
            now=now,
            account=ACCOUNT,
            authorization=authorization,
            twin=lambda other: twins.get(other),
        )

    twins = Twins(context_for, targets)
    return twins


def make_server(options: argparse.Namespace, environment: Mapping[str, str]) -> tuple[TwinServer, Twins]:
    """The server, bound to its port but not serving yet, and its twins."""
    cloud = Cloud.from_environment(options.endpoint, environment)
    authorization = Authorization(simulate_with(cloud), account=ACCOUNT, root_key=cloud.root.access_key)
    twins = make_twins(options.directory.resolve(), cloud, authorization)
    return TwinServer(options.port, Routing(twins, authorization), options.certificate, options.key), twins


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.twins", description="Serve the sandbox's twins on 127.0.0.1.")
    parser.add_argument("--directory", type=Path, required=True, help="the sandbox's folder; twins keep theirs in its twins/")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--endpoint", required=True, help="URL of MiniStack")
    parser.add_argument("--certificate", type=Path, help="PEM of the server's certificate; without it the server speaks plain HTTP")
    parser.add_argument("--key", type=Path, help="PEM of the certificate's key")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then end everything that the twins started."""
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    server, twins = make_server(parse_arguments(argv), os.environ)

    def stop(*_: object) -> None:
        # shutdown() waits for serve_forever, which runs in the thread that this signal interrupts.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    print(f"twins on {server.url}", flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
        twins.close()


if __name__ == "__main__":
    main()
