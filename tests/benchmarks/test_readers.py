import socket
import struct
import time
from collections.abc import Iterator

import pytest

from benchmarks import zmtp
from benchmarks.native import CannotBuild, readers_program
from benchmarks.readers import MARK, START, Lost, Mode, Readers


@pytest.fixture(autouse=True)
def _compiler() -> None:
    try:
        readers_program()
    except CannotBuild as reason:
        pytest.skip(str(reason))


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    made = [socket.socketpair() for _ in range(3)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


def readers_of(pairs: list[tuple[socket.socket, socket.socket]], mode: Mode, *, recording: bool = False) -> Readers:
    return Readers([mine for mine, _ in pairs], mode, recording=recording)


def send(pairs: list[tuple[socket.socket, socket.socket]], data: bytes) -> None:
    for _, theirs in pairs:
        theirs.sendall(data)


def sealed(counter: int, size: int = 40, topic: bytes = b"public") -> bytes:
    return zmtp.frame(topic + b"\0" + struct.pack(">QQ", 7, counter) + b"s" * size)


def test_marks_count_from_the_start_on(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    with readers_of(pairs, "marks") as readers:
        readers.arm(lambda: send(pairs, MARK + START))
        send(pairs, b"some" + MARK + START + b"more" + MARK)
        readers.wait_until_all_have(2)


def test_one_text_that_one_reader_did_not_get_fails_the_run(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    with readers_of(pairs, "marks") as readers:
        readers.arm(lambda: send(pairs, START))
        send(pairs, MARK * 5)
        send(pairs[1:], MARK)
        with pytest.raises(Lost, match=r"1 of 3 readers lack messages \(5 of 6\)"):
            readers.wait_until_all_have(6, deadline_s=0.3)


def test_a_text_that_came_twice_fails_the_run(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    with readers_of(pairs, "marks") as readers:
        readers.arm(lambda: send(pairs, START))
        send(pairs[:1], MARK)
        send(pairs, MARK)
        with pytest.raises(Lost, match="twice"):
            readers.wait_until_all_have(1)


def test_frames_are_counted_however_they_are_cut(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    with readers_of(pairs, "frames") as readers:
        readers.arm(lambda: send(pairs, sealed(4)))
        for byte in sealed(5) + sealed(6, size=1_000):
            send(pairs, bytes([byte]))
        send(pairs, sealed(7, size=70_000) + sealed(8))
        readers.wait_until_all_have(8)


def test_a_frame_that_one_reader_did_not_get_fails_the_run(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    with readers_of(pairs, "frames") as readers:
        readers.arm(lambda: send(pairs, sealed(1)))
        send(pairs[1:], sealed(2))
        send(pairs, sealed(3))
        with pytest.raises(Lost, match="1 gaps"):
            readers.wait_until_all_have(3)


def test_a_reader_that_was_cut_off_fails_the_run(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    with readers_of(pairs, "marks") as readers:
        readers.arm(lambda: send(pairs, START))
        pairs[0][1].close()
        with pytest.raises(Lost, match="1 readers were cut off"):
            readers.wait_until_all_have(1)


def test_progress_is_recorded_with_its_time(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    with readers_of(pairs, "marks", recording=True) as readers:
        readers.arm(lambda: send(pairs, START))
        begin_ns = time.monotonic_ns()
        send(pairs, MARK)
        readers.wait_until_all_have(1)
        end_ns = time.monotonic_ns()
        progress = readers.close()
    assert sorted((each.reader, each.reached) for each in progress) == [(0, 1), (1, 1), (2, 1)]
    assert all(begin_ns <= each.at_ns <= end_ns for each in progress)
