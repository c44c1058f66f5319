"""What a turn answers goes in one frame for each route, in order, unless that would be a large one."""

from hypothesis import given
from hypothesis import strategies as st

from zchat_broker.replies import framed


def test_a_reply_alone_is_its_frame() -> None:
    assert list(framed([(b"alice", b"an answer")])) == [(b"alice", b"an answer")]
    assert list(framed([])) == []


def test_replies_for_one_route_go_together_whatever_comes_between() -> None:
    replies = [(b"alice", b"one "), (b"bob", b"other"), (b"alice", b"two")]
    assert list(framed(replies)) == [(b"alice", b"one two"), (b"bob", b"other")]


def test_a_large_reply_has_a_frame_of_its_own() -> None:
    page = bytes(5_000)
    frames = list(framed([(b"alice", b"one"), (b"alice", page), (b"alice", b"two"), (b"alice", b"three")]))
    assert frames == [(b"alice", b"one"), (b"alice", page), (b"alice", b"twothree")]


@given(st.lists(st.tuples(st.sampled_from([b"alice", b"bob"]), st.binary(min_size=1, max_size=3_000))))
def test_each_route_gets_all_of_its_replies_in_order(replies: list[tuple[bytes, bytes]]) -> None:
    frames = list(framed(replies))
    assert all(len(frame) <= 4_096 for _, frame in frames)
    for route in (b"alice", b"bob"):
        sent = b"".join([payload for whose, payload in replies if whose == route])
        assert b"".join([frame for whose, frame in frames if whose == route]) == sent
