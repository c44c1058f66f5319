"""What a turn answers, as the frames of the commands link: for each route one, whatever the number of its commands."""

from collections.abc import Iterable, Iterator
from typing import Final

# A hundred answers. On a slow link a frame is a sign of life only when it has come whole.
_FRAME_BYTES: Final = 4 * 1024


def framed(replies: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """The replies of a turn, each for its route, as frames of at most 4 KiB, unless one reply alone is larger.

    Each route gets its own in the order given; between routes there is none.
    """
    by_route: dict[bytes, list[bytes]] = {}
    for route, payload in replies:
        by_route.setdefault(route, []).append(payload)
    for route, payloads in by_route.items():
        for frame in _frames(payloads):
            yield route, frame


def _frames(payloads: list[bytes]) -> Iterator[bytes]:
    frame: list[bytes] = []
    size = 0
    for payload in payloads:
        if frame and size + len(payload) > _FRAME_BYTES:
            yield b"".join(frame)
            frame, size = [], 0
        frame.append(payload)
        size += len(payload)
    yield b"".join(frame)
