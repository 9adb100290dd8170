"""Frames of event streams."""

import zlib

import pytest

from upstream.vendors.eventstream import Damaged, event, exception, frame, frames


def test_a_frame_byte_by_byte() -> None:
    """Without headers and payload: two lengths, and two checksums."""
    assert frame({}, b"") == bytes.fromhex("000000100000000005c248eb7d98c8ff")
    one = frame({"a": "b"}, b"{}")
    assert one[:8] == bytes.fromhex("0000001800000006")
    assert one[12:18] == b"\x01a\x07\x00\x01b" and one[18:20] == b"{}"
    assert one[-4:] == zlib.crc32(one[:-4]).to_bytes(4, "big")


def test_what_was_written_is_read() -> None:
    both = event("messageStart", b'{"role":"assistant"}') + exception("throttlingException", b"{}")
    (first, payload), (second, _) = frames(both)
    assert first == {":event-type": "messageStart", ":content-type": "application/json",
                     ":message-type": "event"}
    assert payload == b'{"role":"assistant"}'
    assert (second[":message-type"], second[":exception-type"]) == ("exception",
                                                                    "throttlingException")


@pytest.mark.parametrize("at", [2, 9, 20, -6, -1])
def test_a_damaged_one_is_seen(at: int) -> None:
    one = bytearray(event("messageStop", b'{"stopReason":"end_turn"}'))
    one[at] ^= 1
    with pytest.raises(Damaged):
        list(frames(bytes(one)))


def test_a_part_is_none() -> None:
    with pytest.raises(Damaged):
        list(frames(event("messageStop", b"{}")[:-1]))
