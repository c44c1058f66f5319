"""What a user may type in vain: each refusal has its code, names the line, and changes nothing."""

import pytest

from tests.system.processes import Broker, Client, House, level, unique


@pytest.fixture(scope="module")
def people(shared: House, broker: Broker) -> dict[str, Client]:
    """Alice leads a party with Bob and has invited Dave, who is away; Erin has invited Bob; Carol stands beside it."""
    names = ["alice", "bob", "carol", "dave", "erin"]
    alice, bob, carol, dave, erin = shared.join(broker, *map(unique, names))
    dave.types("/exit")
    assert dave.exit_code() == 0
    alice.types(f"/party invite {bob}")
    bob.wait("invited")
    bob.types("/party accept")
    alice.wait("party", change="joined")
    alice.types(f"/party invite {dave}")
    erin.types(f"/party invite {bob}")
    bob.wait("invited", inviter=erin.name)
    level(alice, bob, carol, erin)
    return dict(zip(names, [alice, bob, carol, dave, erin], strict=True))


@pytest.mark.parametrize(
    ("who", "typed", "code"),
    [
        ("carol", "/w nobody-of-this-name hi", "no_such_user"),
        ("carol", "/w (o_o) hi", "no_such_user"),
        ("carol", "/party invite nobody-of-this-name", "no_such_user"),
        ("carol", "/w {carol} hi", "not_yourself"),
        ("carol", "/w {carol:upper} hi", "not_yourself"),
        ("carol", "/party invite {carol}", "not_yourself"),
        ("alice", "/party kick {alice}", "not_yourself"),
        ("alice", "/party lead {alice}", "not_yourself"),
        ("carol", "/r hi", "nobody_to_reply"),
        ("carol", "/p hi", "not_in_party"),
        ("carol", "/party leave", "not_in_party"),
        ("carol", "/party who", "not_in_party"),
        ("carol", "/party kick {alice}", "not_in_party"),
        ("carol", "/party lead {alice}", "not_in_party"),
        ("carol", "/history party", "not_in_party"),
        ("bob", "/party accept", "already_in_party"),
        ("bob", "/party accept {erin}", "already_in_party"),
        ("alice", "/party invite {bob}", "already_member"),
        ("bob", "/party invite {alice:upper}", "already_member"),
        ("alice", "/party invite {dave}", "already_invited"),
        ("bob", "/party invite {dave}", "already_invited"),
        ("carol", "/party accept", "no_invitation"),
        ("carol", "/party decline", "no_invitation"),
        ("carol", "/party accept {alice}", "no_invitation"),
        ("bob", "/party decline {carol}", "no_invitation"),
        ("bob", "/party kick {alice}", "not_leader"),
        ("bob", "/party lead {bob}", "not_leader"),
        ("alice", "/party kick {carol}", "not_member"),
        ("alice", "/party lead {dave}", "not_member"),
        ("alice", "/party kick nobody-of-this-name", "no_such_user"),
        ("alice", "x" * 4001, "too_long"),
        ("alice", "/me " + "x" * 4001, "too_long"),
        ("alice", "/p " + "x" * 4001, "too_long"),
        ("alice", "/w {bob} " + "x" * 4001, "too_long"),
        ("alice", "/away " + "x" * 4001, "too_long"),
        ("alice", "bell \a", "bad_text"),
        ("alice", "escape \x1b[2J", "bad_text"),
        ("alice", "c1 \x9b", "bad_text"),
        ("alice", "carriage \r return", "bad_text"),
        ("alice", "override \u202e", "bad_text"),
        ("alice", "isolate \u2066", "bad_text"),
        ("alice", "/me \x00", "bad_text"),
        ("alice", "/p \x1b]0;title\a", "bad_text"),
        ("alice", "/w {bob} \u202d", "bad_text"),
        ("alice", "/away \x7f", "bad_text"),
    ],
)
def test_what_is_not_allowed_is_refused(who: str, typed: str, code: str, people: dict[str, Client]) -> None:
    client = people[who]
    line = typed.format_map(_Names(people))
    client.types(line)
    error = client.wait("error", typed=line)
    assert error["code"] == code
    assert error["text"]
    assert client.is_running


@pytest.mark.parametrize(
    "typed",
    [
        *["/w", "/w bob", "/w bob  ", "/whisper", "/msg bob", "/r", "/reply", "/me", "/p", "/party", "/party invite"],
        *["/party invite two names", "/party kick", "/party kick a b", "/party lead", "/party accept a b"],
        *["/party leave now", "/party who else", "/who me", "/list all", "/back again", "/help me", "/exit now"],
        *["/quit now", "/history x", "/history 0", "/history -1", "/history 1 2", "/history party x"],
        *["/history private", "/history ٣"],
    ],
)
def test_a_command_with_the_wrong_words_shows_its_usage(typed: str, people: dict[str, Client]) -> None:
    erin = people["erin"]
    erin.types(typed)
    error = erin.wait("error", typed=typed)
    assert error["code"] == "usage"
    assert error["text"].startswith("Usage: ")
    assert "/" in error["text"]


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("/hlep", "/help"),
        ("/whispr bob hi", "/whisper"),
        ("/wo", "/who"),
        ("/hystory 3", "/history"),
        ("/EXTI", "/exit"),
        ("/party inivte bob", "/party invite"),
        ("/party whom", "/party who"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest_one(
    typed: str, nearest: str, people: dict[str, Client]
) -> None:
    erin = people["erin"]
    erin.types(typed)
    error = erin.wait("error", typed=typed)
    assert error["code"] == "unknown_command"
    assert nearest in error["text"]


@pytest.mark.parametrize("typed", ["/", "/zzzzzzzzzz", "/ who", "/\u202e"])
def test_what_is_no_command_at_all_is_refused_too(typed: str, people: dict[str, Client]) -> None:
    erin = people["erin"]
    erin.types(typed)
    assert erin.wait("error", typed=typed)["code"] == "unknown_command"


def test_a_line_that_is_no_utf8_is_refused(people: dict[str, Client]) -> None:
    erin = people["erin"]
    erin.types_bytes(b"caf\xe9\n")
    assert erin.wait("error", typed="caf\N{REPLACEMENT CHARACTER}")["code"] == "bad_text"


def test_a_refused_line_is_pending_no_more_and_says_so_under_its_id(people: dict[str, Client]) -> None:
    erin = people["erin"]
    erin.types("/w nobody-at-all hi")
    pending = erin.wait("pending", typed="/w nobody-at-all hi")
    assert erin.wait("error", typed="/w nobody-at-all hi")["id"] == pending["id"]


def test_a_refused_whisper_is_not_the_last_one_to_reply_to(people: dict[str, Client]) -> None:
    alice, erin = people["alice"], people["erin"]
    erin.types(f"/w {alice} well met", "/w nobody-at-all oops")
    erin.wait("error", typed="/w nobody-at-all oops")
    erin.types("/r again")
    assert alice.wait("whisper", text="again")["sender"] == erin.name


def test_no_refusal_changed_anything(people: dict[str, Client]) -> None:
    alice, bob, carol, dave = (people[name] for name in ("alice", "bob", "carol", "dave"))
    level(alice, bob, carol, people["erin"])
    alice.types("/party who", "/who")
    assert alice.wait("party_who")["members"] == [alice.name, bob.name]
    assert alice.wait("who")["users"] == [
        {"name": each.name, "status": "online"} for each in (alice, bob, carol, people["erin"])
    ]
    changes = [(event["change"], event["name"]) for event in bob.seen("party")]
    assert changes == [("joined", bob.name), ("invited", dave.name)]
    assert not bob.seen("whisper")


class _Names(dict[str, str]):
    """The names of people, as they are or in capitals."""

    def __init__(self, people: dict[str, Client]) -> None:
        super().__init__({who: _Name(client.name) for who, client in people.items()})


class _Name(str):
    __slots__ = ()

    def __format__(self, how: str) -> str:
        return self.upper() if how == "upper" else str(self)
