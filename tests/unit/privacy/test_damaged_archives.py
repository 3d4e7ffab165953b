"""Damaged archives in the landing zone: they are searched as they lie there, and no erasure stops at them."""

from pathlib import Path

import pyarrow as pa
import pytest

from omnichannel.privacy.unpack import Form, Stored, form_of, plain


def stored(content: bytes, folder: Path) -> Stored:
    file = folder / "object"
    file.write_bytes(content)
    return Stored(stream=lambda: file.open("rb"), local=lambda: file)


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


@pytest.mark.parametrize("damaged", [b"\x28\xb5\x2f\xfd" + b"zoe@shop.example" * 10, zstd(b"zoe@shop.example,1\n" * 9000)[:-8]])
def test_damaged_zstandard_is_searched_as_it_lies_there(damaged, tmp_path):
    assert b"".join(plain(stored(damaged, tmp_path))).endswith(damaged[-20:])
    assert form_of(stored(damaged, tmp_path)) in Form


def test_whole_zstandard_is_unpacked(tmp_path):
    assert b"".join(plain(stored(zstd(b"a,b\n" * 5000), tmp_path))) == b"a,b\n" * 5000
