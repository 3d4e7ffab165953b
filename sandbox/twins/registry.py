"""The one table of twins, and how they are made."""

import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from sandbox.twins.context import TwinContext
from sandbox.twins.faults import Faults

AWS_TWINS = {
    "sagemaker": "sandbox.twins.sagemaker:SageMakerTwin",
    "pinpoint": "sandbox.twins.pinpoint:PinpointTwin",
    "personalize": "sandbox.twins.personalize:PersonalizeTwin",
    "personalize-events": "sandbox.twins.personalize:PersonalizeTwin",
    "personalize-runtime": "sandbox.twins.personalize:PersonalizeTwin",
    "customer-profiles": "sandbox.twins.customer_profiles:CustomerProfilesTwin",
    "connectcampaignsv2": "sandbox.twins.campaigns:CampaignsTwin",
}
"""botocore service name -> class of its twin. Services of one class share one instance, named after the first of them."""

HTTP_TWINS = {
    "segment": "sandbox.twins.segment:SegmentTwin",
    "customer-profiles-uploads": "sandbox.twins.customer_profiles:CustomerProfilesTwin",
}
"""First part of the path -> class of a plain HTTP twin."""


class UnknownTwinError(LookupError):
    """No twin of that name is registered."""


class Twins:
    """Makes each twin when it is first asked for, and ends all of them."""

    def __init__(self, context_for: Callable[[str], TwinContext], targets: dict[str, str] | None = None) -> None:
        self._context_for = context_for
        self._targets = targets if targets is not None else {**AWS_TWINS, **HTTP_TWINS}
        self._lock = threading.RLock()
        self._instances: dict[str, Any] = {}
        self._contexts: dict[str, TwinContext] = {}
        self._faults: dict[str, Faults] = {}

    def names(self) -> list[str]:
        """Every name under which a twin can be asked for."""
        return list(self._targets)

    def get(self, name: str) -> Any:
        """The twin of that name. UnknownTwinError, or whatever stops its module from being imported."""
        target = self._target(name)
        with self._lock:
            if target not in self._instances:
                module, _, attribute = target.partition(":")
                self._instances[target] = getattr(import_module(module), attribute)(self.context(name))
            return self._instances[target]

    def context(self, name: str) -> TwinContext:
        """The context of the twin of that name; services that share a twin share it."""
        target = self._target(name)
        with self._lock:
            if target not in self._contexts:
                first = next(other for other, owner in self._targets.items() if owner == target)
                self._contexts[target] = self._context_for(first)
            return self._contexts[target]

    def faults(self, name: str) -> Faults:
        """What is planned to go wrong with the twin of that name; services that share a twin share the plan."""
        target = self._target(name)
        with self._lock:
            if target not in self._faults:
                context = self.context(name)
                self._faults[target] = Faults(context.store, context.now)
            return self._faults[target]

    def close(self) -> None:
        """End what the twins started and close their files."""
        with self._lock:
            for twin in self._instances.values():
                if hasattr(twin, "close"):
                    twin.close()
            for context in self._contexts.values():
                context.records.close()
                context.store.close()
            self._instances.clear()
            self._contexts.clear()
            self._faults.clear()

    def _target(self, name: str) -> str:
        if name not in self._targets:
            raise UnknownTwinError(f"unknown twin {name!r}; expected one of {', '.join(self._targets)}")
        return self._targets[name]
