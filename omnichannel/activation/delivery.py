"""When traits count as changed, and the message id that makes a repeated delivery harmless."""

from hashlib import sha256

import orjson

from omnichannel.activation.parts import Traits
from omnichannel.contracts.scores import COUNTED_TRAITS

ID_CHARS = 40

_COUNTED = tuple(sorted(trait.value for trait in COUNTED_TRAITS))


def traits_hash(traits: Traits) -> str:
    """Names the counted traits' values: equal hashes mean that nothing that counts has changed."""
    counted = {name: traits[name] for name in _COUNTED if name in traits}
    return sha256(orjson.dumps(counted)).hexdigest()[:ID_CHARS]


def message_id(sink: str, sink_id: str, values: str, as_of: str) -> str:
    """The id of one delivery: the same sink, recipient, values (a traits hash) and date always make the same one."""
    return sha256(f"{sink}\x1f{sink_id}\x1f{values}\x1f{as_of}".encode()).hexdigest()[:ID_CHARS]
