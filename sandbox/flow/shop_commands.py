"""`omni shop`: a storefront in front of the sandbox. `register` adds it to `omni`."""

import signal
import time
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.state import command_for

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the command to `omni`."""

    @app.command()
    def shop(
        name: Name = "default",
        port: Annotated[int, typer.Option(help="Port on 127.0.0.1; a free one when left out.", min=0, max=65535)] = 0,
        show: Annotated[bool, typer.Option("--open", help="Open it in your browser.")] = False,
    ) -> None:
        """A shop to click in, and beside it what becomes of every click.

        Be a guest or one of the customers: look at products, fill a cart, log in, buy.

        Each click goes to Segment and, signed, through the event door. The panel shows it on the bus, at Personalize,
        in a live segment, as a decision and as a message, with seconds; and recommendations change.

        Half an hour of a trigger is half a minute here. Ctrl-C closes the shop.
        """
        try:
            cloud = open_cloud(name, SANDBOX_ENVIRONMENT)
        except SandboxError as missing:
            hint = f"{command_for('omni demo', name)}, or the same with omni up and omni deploy"
            raise SandboxError("Opening the shop", missing.reason, hint=hint) from missing
        signal.signal(signal.SIGTERM, _interrupted)
        run(cloud, port, lambda url: _opened(console, url, show))
        console.print("The shop is closed.")


def run(cloud: Cloud, port: int, opened: Callable[[str], None]) -> None:
    """Serves until Ctrl-C; `opened` hears the address. Raises `SandboxError` where there is nothing to sell, or nothing deployed."""
    from sandbox.storefront import people, shelf
    from sandbox.storefront.counter import Counter
    from sandbox.storefront.journal import Journal
    from sandbox.storefront.server import Storefront, serve
    from sandbox.storefront.tap import Tap
    from sandbox.storefront.watch import Watch

    sold, offered = shelf.of_cloud(cloud), people.of_cloud(cloud, datetime.now(UTC))
    facts = {"categories": sold.categories, "people": offered}
    journal = Journal(time.monotonic)
    with Tap(cloud.client("events"), cloud.client("sqs"), cloud.deployment.bus_name) as tap:
        watch = Watch(cloud, journal, tap, sold.names)
        storefront = Storefront(shelf=sold, counter=Counter(cloud, sold, journal, watch), journal=journal, facts=facts)
        server = serve(storefront, port)
        watch.start()
        try:
            opened(f"http://127.0.0.1:{server.server_address[1]}/")
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()
        finally:
            watch.close()


def _opened(console: Console, url: str, show: bool) -> None:
    console.print(f"The shop is open: {url}   (Ctrl-C closes it)", highlight=False, soft_wrap=True)
    if show:
        webbrowser.open(url)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
