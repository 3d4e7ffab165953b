"""The commands that work with data: generate, load, run, demo, report, inspect. `register` adds them to `omni`."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from sandbox.ahead import packages_ahead
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.progress import Steps
from sandbox.shop.truth import FILE_NAME, Truth
from sandbox.state import ROOT, directory_of

SHOP_CUSTOMERS = 10_000
FIRST_BYTES, AGAIN_BYTES = 6 * 2**30, 2 * 2**30
"""Disk that a demonstration wants: the first time packages of functions (1.6 GB), the assembly (0.3 GB), and what MiniStack unpacks for
each function that runs (0.1 to 0.4 GB each); where the app is deployed already, hardly more than data."""
BEHIND = 10
"""How much a shop's generation gives way to the deployment, for which it would wait anyway."""

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Day = Annotated[datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Score with what was known before this day.")]
OptionalDay = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Score with what was known before this day. A generated shop ends at its own."),
]
Out = Annotated[Path, typer.Option("--out", help="Where the results go.", file_okay=False)]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""
Ready = Callable[[Steps, str], Cloud]
"""Starts the sandbox of that name where it does not run, deploys the app, and gives its cloud."""


def register(app: typer.Typer, console: Console, open_cloud: Open, ready: Ready) -> None:
    """Add the commands to `omni`."""

    @app.command()
    def generate(
        out: Annotated[
            Path, typer.Option("--out", help="A new or empty folder for the landing files; truth.json goes beside it.", file_okay=False)
        ],
        customers: Annotated[int, typer.Option(help="How many customers; each leaves about 100 events.", min=50)] = SHOP_CUSTOMERS,
        events: Annotated[int | None, typer.Option(help="Roughly how many events, when not 100 a customer.", min=0)] = None,
        seed: Annotated[int, typer.Option(help="The same seed and sizes make the same bytes.")] = 7,
        as_of: Day = datetime(2026, 11, 1, tzinfo=UTC),
        months: Annotated[int, typer.Option(help="How much history.", min=6)] = 18,
        clean: Annotated[bool, typer.Option("--clean", help="Without the bad records that onboarding must catch.")] = False,
    ) -> None:
        """Make a retailer: people, products, orders, returns, web events, consents; and bad records, each named in truth.json."""
        steps = Steps(console)
        make_shop(steps, out, customers=customers, events=events, seed=seed, as_of=as_of.date(), months=months, dirt=not clean)

    @app.command()
    def load(
        landing: Annotated[Path, typer.Argument(metavar="DIR", help="A folder laid out as the landing zone.")],
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """Land a folder's files and wait until onboarding has trusted or quarantined every record."""
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from sandbox.flow.demo import print_ledger
        from sandbox.flow.ledgers import history, onboarding, trusted
        from sandbox.flow.load import load as load_files
        from sandbox.flow.load import refuse_failed

        with Steps(console).step("Landing and onboarding") as tell:
            loaded = load_files(cloud, landing, tell)
        print_ledger(console, onboarding(history(cloud), trusted(cloud)))
        refuse_failed(loaded)

    @app.command()
    def run(
        as_of: Day,
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
        train: Annotated[bool, typer.Option("--train", help="Train even where every model has an approved version.")] = False,
        approve: Annotated[
            str, typer.Option("--approve", help="The reason to approve what waits for a person with: models just trained, and scores.")
        ] = "",
    ) -> None:
        """Rebuild the customer view, train where no model is approved, score, review and activate, over what is onboarded.

        Scores that differ more than agreed from the last approved ones wait for a person; run it again once they were approved.
        """
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from sandbox.flow.demo import print_ledger, run_models
        from sandbox.flow.ledgers import ledger

        _, activation = run_models(cloud, as_of.date(), Steps(console), retrain=train, approve=approve)
        print_ledger(console, ledger(cloud, activation))

    @app.command()
    def demo(
        landing: Annotated[Path | None, typer.Option(help="Your own landing folder; a generated shop when left out.")] = None,
        as_of: OptionalDay = None,
        out: Out = Path("out"),
        customers: Annotated[int, typer.Option(help="Size of the generated shop.", min=50)] = SHOP_CUSTOMERS,
        name: Annotated[str, typer.Option("--name", help="Which sandbox; your own landing folder gets one of its own.")] = "",
    ) -> None:
        """The whole loop: sandbox, deployment, data, models, scores, delivery, events, recommendations, report.

        With --landing it runs over your own files. Exit code 1 when a step fails or the ledger does not close.
        """
        steps = Steps(console)
        which = name or (f"own-{landing.resolve().name}" if landing else "default")
        _room(out, directory_of(which))
        if landing:
            _known_layout(landing, as_of.date() if as_of else None)
            with packages_ahead():
                cloud = ready(steps, which)
            folder, source = landing, f"the files in {landing.name}"
        else:
            with _shop(which, customers) as shop, packages_ahead():
                cloud = ready(steps, which)
                folder, source = shop(steps), f"a generated shop of {customers:,} customers"
        # Not before: pyarrow learns once, on import, whose certificates to trust.
        from sandbox.flow.demo import demonstrate

        closes = demonstrate(cloud, folder, as_of.date() if as_of else None, out, steps, source=source, name=which)
        if not closes:
            raise typer.Exit(1)

    @app.command()
    def report(out: Out = Path("out")) -> None:
        """Make report.html again from the files of an output folder."""
        from sandbox.report.page import write_report

        if not (out / "run.json").exists():
            raise SandboxError("Making the report", f"{out} has no results", hint=f"omni demo --out {out}")
        console.print(str(write_report(out)))

    @app.command()
    def inspect(
        what: Annotated[
            str, typer.Argument(metavar="WHAT", help="Such as segment/delivered, segment/counters, pinpoint/endpoints, sagemaker/received.")
        ],
        name: Name = "default",
        last: Annotated[int, typer.Option(help="Only so many of the newest.", min=1)] = 10,
    ) -> None:
        """What a twin received, as JSON."""
        from sandbox.flow.twins import ask

        answer: Any = ask(open_cloud(name, SANDBOX_ENVIRONMENT), what)
        shown = answer[-last:] if isinstance(answer, list) else answer
        console.print_json(json.dumps(shown))


def make_shop(steps: Steps, out: Path, **sizes: Any) -> None:
    """The step of `generate`; raises `SandboxError` when something is in the way or the sizes make no shop."""
    from sandbox.shop.generate import generate

    with steps.step("Generating a shop") as tell:
        try:
            truth = generate(out, **sizes)
        except (ValueError, FileExistsError) as refused:
            raise SandboxError("Generating a shop", str(refused)) from refused
        tell(_size(truth))


def _size(truth: Truth) -> str:
    landed = sum(rows.landed for rows in truth.rows.values())
    return f"{truth.files} files, {landed:,} records, {len(truth.bad)} of them bad on purpose"


def _generate(landing: Path, customers: int) -> Truth:
    """In the other process, which alone then has pyarrow."""
    from sandbox.shop.generate import generate

    os.nice(BEHIND)
    return generate(landing, customers=customers)


@contextmanager
def _shop(name: str, customers: int) -> Iterator[Callable[[Steps], Path]]:
    """Makes the sandbox's own shop once, in a process of its own meanwhile; what it yields waits for it and gives its folder.

    A folder that a kill left half made is made again.
    """
    folder = directory_of(name) / "shop"
    known = folder / FILE_NAME
    if known.exists() and Truth.read(known).customers != customers:
        made = f"sandbox {name} has a shop of {Truth.read(known).customers:,} customers"
        raise SandboxError("Generating a shop", made, hint="another --name, or omni down --wipe first")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        if not known.exists():
            shutil.rmtree(folder, ignore_errors=True)
        making = None if known.exists() else pool.submit(_generate, folder / "landing", customers)

        def wait(steps: Steps) -> Path:
            if making:
                with steps.step("Generating a shop, begun meanwhile") as tell:
                    tell(_size(making.result()))
            return folder / "landing"

        yield wait


def _known_layout(landing: Path, as_of: date | None) -> None:
    from sandbox.flow.load import files_in

    files_in(landing)
    if as_of is None:
        raise SandboxError("Reading the options", "--landing needs --as-of", hint="--as-of the day after your newest data, as YYYY-MM-DD")


def _room(out: Path, sandbox: Path) -> None:
    """Raises `SandboxError` where the disk of the results, of the checkout or of the sandbox has too little room left."""
    wanted = AGAIN_BYTES if (sandbox / "outputs.json").exists() else FIRST_BYTES
    for where in sorted({_nearest(out), ROOT, _nearest(sandbox)}):
        free = shutil.disk_usage(where).free
        if free < wanted:
            hint = f"make room: {wanted / 2**30:.0f} GiB are enough"
            raise SandboxError("Looking for room", f"{free / 2**30:.1f} GiB free at {where}", hint=hint)


def _nearest(folder: Path) -> Path:
    """The folder, or of those above it the first that there is."""
    return next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
