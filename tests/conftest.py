"""For every suite."""

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from hypothesis import settings

# How long an example may take depends on the machine: no test is about that.
settings.register_profile("any machine", parent=settings(), deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def one_loader_of_service_models() -> Iterator[None]:
    """Clients are made anew for every test, but botocore's megabytes of service models are parsed once a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield
