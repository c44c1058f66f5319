"""Whether a user's other client is still there: decided when it is heard, replaced, gone, or silent for too long."""

from zchat_broker.doubts import DOUBT_S, Doubt, Doubts
from zchat_broker.links import Link, Links
from zchat_common.clock import Now
from zchat_common.limits import BEAT_S


def ignore(now: Now) -> None:
    """A registration that nobody looks at."""


def doubted() -> tuple[Doubts, Links, Link, Doubt]:
    links, doubts = Links(), Doubts()
    link = Link("s1", "alice", 100.0, b"token", b"route")
    links.add(link)
    doubt = Doubt("s1", 100.0, ignore)
    assert doubts.add("alice", doubt) is None
    return doubts, links, link, doubt


def test_it_waits_longer_than_any_living_client_is_silent() -> None:
    assert DOUBT_S > BEAT_S
    doubts, links, _, doubt = doubted()
    assert list(doubts.settled(links.of_user, 100.0 + DOUBT_S - 0.1)) == []
    assert list(doubts.settled(links.of_user, 100.0 + DOUBT_S)) == [(doubt, True)]
    assert list(doubts.settled(links.of_user, 100.0 + DOUBT_S)) == []


def test_a_client_that_is_heard_after_the_question_is_there() -> None:
    doubts, links, link, doubt = doubted()
    link.heard_s = 100.2
    assert list(doubts.settled(links.of_user, 100.2)) == [(doubt, False)]


def test_a_session_that_is_over_or_another_one_is_not_ended_again() -> None:
    for is_replaced in (True, False):
        doubts, links, link, doubt = doubted()
        links.remove(link.session)
        if is_replaced:
            links.add(Link("s2", "alice", 100.0))
        assert list(doubts.settled(links.of_user, 100.0)) == [(doubt, False)]


def test_a_second_one_takes_the_first_one_s_place_and_gives_it_back_and_waits_no_longer() -> None:
    doubts, links, _, first = doubted()
    again = first._replace(since_s=103.0)
    assert doubts.add("alice", again) is first
    ((settled, is_dead),) = doubts.settled(links.of_user, 100.0 + DOUBT_S)
    assert (settled.registration, is_dead) == (again.registration, True)


def test_a_second_one_about_another_session_begins_anew() -> None:
    doubts, links, link, _ = doubted()
    links.remove(link.session)
    links.add(Link("s2", "alice", 102.0))
    doubts.add("alice", Doubt("s2", 103.0, ignore))
    assert list(doubts.settled(links.of_user, 100.0 + DOUBT_S)) == []
    assert len(list(doubts.settled(links.of_user, 103.0 + DOUBT_S))) == 1


def test_a_stall_is_nobody_s_silence() -> None:
    doubts, links, _, _ = doubted()
    links.forgive(600.0)
    doubts.forgive(600.0)
    assert list(doubts.settled(links.of_user, 700.0)) == []
    assert len(list(doubts.settled(links.of_user, 700.0 + DOUBT_S))) == 1
