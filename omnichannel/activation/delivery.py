"""When traits count as changed, and the message id that makes a repeated delivery harmless."""

from base64 import urlsafe_b64encode
from hashlib import sha256

import orjson

from omnichannel.activation.parts import Traits
from omnichannel.contracts.scores import COUNTED_TRAITS, Trait

HASH_CHARS = 40
ID_BYTES, ID_CHARS = 18, 22
"""Of a message id: 132 bits in as few characters as can be, since random text is what compression cannot make smaller."""

_COUNTED = tuple(sorted(trait.value for trait in COUNTED_TRAITS))
_COUNTED_OR_DATE = frozenset(Trait)
_DATE = Trait.PROPENSITY_AS_OF.value


def traits_hash(traits: Traits) -> str:
    """Names the counted traits' values: equal hashes mean that nothing that counts has changed."""
    if traits.keys() <= _COUNTED_OR_DATE:
        counted = traits.copy()
        counted.pop(_DATE, None)
    else:
        counted = {name: traits[name] for name in _COUNTED if name in traits}
    return sha256(orjson.dumps(counted, option=orjson.OPT_SORT_KEYS)).hexdigest()[:HASH_CHARS]


def message_id(sink: str, sink_id: str, values: str, as_of: str, *, before: str = "") -> str:
    """The id of one delivery: the same sink, recipient, values (a traits hash), date and delivery before it always make the same one."""
    fields = (sink, sink_id, values, as_of, *([before] if before else ()))
    digest = sha256("\x1f".join(fields).encode()).digest()
    return urlsafe_b64encode(digest[:ID_BYTES]).decode()[:ID_CHARS]
