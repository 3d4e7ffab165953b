"""For every suite."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from hypothesis import settings

# How long an example may take depends on the machine: no test is about that.
settings.register_profile("any machine", parent=settings(), deadline=None)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses two tests of one id, of which pytest-xdist would run one; schemathesis' get the operation that they are about."""
    for item in items:
        if label := getattr(item, "operation_label", None):
            item._id = item.id.with_params(label)
    if doubled := [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]:
        raise pytest.UsageError(f"several tests are called {', '.join(doubled)}")


@pytest.fixture(scope="session", autouse=True)
def one_loader_of_service_models() -> Iterator[None]:
    """Clients are made anew for every test, but botocore's megabytes of service models are parsed once a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield
