"""CRC-64/NVME in lanes: the numbers are those of the byte by byte way."""

import random

import pytest
from ministack.services import s3

from sandbox import checksums

ALL = (1 << 64) - 1


def bytewise(body):
    register = ALL
    for byte in body:
        register = s3._CRC64NVME_TABLE[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register ^ ALL


quick = checksums.in_lanes(bytewise, s3._CRC64NVME_TABLE)


def test_the_published_check_value_holds():
    assert quick(b"123456789") == 0xAE8B14860A799888


@pytest.mark.parametrize("length", [0, 1, *(checksums.SMALL + more for more in (-1, 0, 1, 2, 4095, 4096, 8191, 8192, 8193, 40_001))])
def test_a_body_of_any_length_has_the_same_checksum(length):
    body = random.Random(length).randbytes(length)

    assert quick(body) == bytewise(body)


@pytest.mark.parametrize("byte", [b"\0", b"\xff"])
def test_a_body_of_one_byte_again_and_again_has_the_same_checksum(byte):
    body = byte * 70_000

    assert quick(body) == bytewise(body)


def test_one_changed_byte_changes_the_checksum():
    body = bytearray(random.Random(1).randbytes(100_000))
    before = quick(bytes(body))

    body[54_321] ^= 1

    assert quick(bytes(body)) != before
