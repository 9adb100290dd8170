"""Frames of application/vnd.amazon.eventstream: a prelude of two lengths and its CRC, headers, the
payload, and a CRC of all before it."""

import struct
import zlib
from collections.abc import Iterator, Mapping

STRING = 7  # the type of a header's value; the only one that this service sends


class Damaged(Exception):
    """A frame whose checksums or lengths are wrong."""


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    packed = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", STRING, len(text))
        + text.encode("ascii") for name, text in headers.items())
    prelude = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + packed + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def event(kind: str, payload: bytes) -> bytes:
    return frame({":event-type": kind, ":content-type": "application/json",
                  ":message-type": "event"}, payload)


def exception(kind: str, payload: bytes) -> bytes:
    return frame({":exception-type": kind, ":content-type": "application/json",
                  ":message-type": "exception"}, payload)


def frames(data: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers and payload of each."""
    while data:
        if len(data) < 16:
            raise Damaged("it ends within a frame")
        total, length, check = struct.unpack_from(">III", data)
        if zlib.crc32(data[:8]) != check:
            raise Damaged("the checksum of a prelude")
        if len(data) < total:
            raise Damaged("it ends within a frame")
        one, data = data[:total], data[total:]
        if zlib.crc32(one[:-4]) != struct.unpack(">I", one[-4:])[0]:
            raise Damaged("the checksum of a message")
        yield dict(_headers(one[12:12 + length])), one[12 + length:-4]


def _headers(packed: bytes) -> Iterator[tuple[str, str]]:
    while packed:
        end = 1 + packed[0]
        name = packed[1:end].decode()
        kind, size = struct.unpack_from(">BH", packed, end)
        if kind != STRING:
            raise Damaged(f"the type of the header {name}")
        yield name, packed[end + 3:end + 3 + size].decode()
        packed = packed[end + 3 + size:]
