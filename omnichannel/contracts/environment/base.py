"""What every function's environment is."""

import os
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from typing import NoReturn, Self, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Env:
    """A function's environment variables: each annotation in upper case, all of them strings and all required.

    What is generated for a dataclass would be a tenth of the start of every function, for half a hundred classes of which it reads one.
    """

    def __init__(self, **values: str) -> None:
        """Every variable by its name; raises `TypeError` for one too many or too few."""
        if wrong := values.keys() ^ set(self.names()):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.names())}; missing or unknown: {', '.join(sorted(wrong))}")
        vars(self).update(values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to {name}")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The variables, in small letters, an inherited one first."""
        return tuple(name for each in reversed(cls.__mro__) for name in vars(each).get("__annotations__", ()))

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The values from the process's environment; a missing one is an error that names it."""
        environ = os.environ if environ is None else environ
        missing = [name.upper() for name in cls.names() if name.upper() not in environ]
        if missing:
            raise LookupError(f"{cls.__name__}: environment lacks {', '.join(missing)}")
        return cls(**{name: environ[name.upper()] for name in cls.names()})

    def variables(self) -> dict[str, str]:
        """What the stack writes into the function's environment."""
        return {name.upper(): str(value) for name, value in vars(self).items()}
