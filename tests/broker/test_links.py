"""A session's link is found by its token, its id and its user, and by nothing once it is over."""

from zchat_broker.links import Link, Links


def links(*added: Link) -> Links:
    found = Links()
    for link in added:
        found.add(link)
    return found


def link(session: str = "s1", user: str = "alice", heard_s: float = 0.0, token: bytes = b"token") -> Link:
    return Link(session, user, heard_s, token, b"route")


def test_a_link_is_found_by_token_session_and_user() -> None:
    alice = link()
    found = links(alice, link("s2", "bob", token=b"other"))
    assert found.of_token(b"token") is found.of_session("s1") is found.of_user("alice") is alice
    assert found.of_token(b"") is found.of_session("s9") is found.of_user("carol") is None


def test_a_session_that_has_not_resumed_has_no_token() -> None:
    found = links(Link("s1", "alice", 0.0))
    assert found.of_token(b"") is None
    assert found.of_session("s1") is found.of_user("alice")


def test_a_removed_link_is_gone_whole() -> None:
    alice = link()
    found = links(alice)
    assert found.remove("s1") is alice
    assert found.of_token(b"token") is found.of_session("s1") is found.of_user("alice") is None
    assert found.remove("s1") is None


def test_removing_an_old_session_leaves_the_user_s_new_one() -> None:
    new = link("s2", token=b"new")
    found = links(link("s1"), new)
    found.remove("s1")
    assert found.of_user("alice") is found.of_token(b"new") is new
    assert found.of_token(b"token") is None


def test_removing_a_link_without_token_takes_no_other_s() -> None:
    alice = link()
    found = links(alice, Link("s2", "bob", 0.0))
    found.remove("s2")
    assert found.of_token(b"token") is alice


def test_the_silent_ones_are_those_not_heard_since() -> None:
    found = links(link("s1", "alice", 1.0), link("s2", "bob", 2.0), link("s3", "carol", 3.0))
    assert [each.user for each in found.silent(2.0)] == ["alice"]
    for each in found.silent(9.0):
        found.remove(each.session)
    assert list(found.silent(9.0)) == []


def test_a_stall_is_nobody_s_silence() -> None:
    found = links(link("s1", "alice", 1.0))
    found.forgive(60.0)
    assert list(found.silent(60.5)) == []
    assert [each.user for each in found.silent(61.5)] == ["alice"]
