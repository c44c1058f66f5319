"""The play: who types what, in which order, and what of it each one is to see. Whoever isn't named sees nothing of it.

Everybody waits for whatever he is to see of the steps so far, then types his next line. So the chat alone keeps the
time, and each topic comes in one order only (``tests/demo/test_play.py`` holds the play to that).
"""

from typing import Final, NamedTuple

CAST: Final = ("alice", "bob", "dave")
LEAD: Final = CAST[0]
EXIT: Final = "/exit"
# Not a line to type: he starts his client again after a while.
RETURN: Final = "zchat-client --name dave"
# The first line. Everything before the last one of these is from another performance, and forgotten.
CALL: Final = "Good morning! Who is here?"


class Seen(NamedTuple):
    """One thing on a user's screen. ``topic`` is ``public``, ``whisper``, ``party`` or ``presence``."""

    topic: str
    what: str
    who: str
    text: str


class Step(NamedTuple):
    """One thing done: by whom, what he types, and what each one is shown of it. ``scene`` titles what begins here."""

    speaker: str
    typed: str
    seen: dict[str, tuple[Seen, ...]]
    scene: str = ""


def part_of(name: str, steps: tuple[Step, ...]) -> tuple[Seen, ...]:
    """All that a user is to see of these steps, in order."""
    return tuple([seen for step in steps for seen in step.seen.get(name, ())])


def _all(*seen: Seen) -> dict[str, tuple[Seen, ...]]:
    return dict.fromkeys(CAST, seen)


def _these(names: str, *seen: Seen) -> dict[str, tuple[Seen, ...]]:
    return dict.fromkeys(names.split(), seen)


def _say(who: str, text: str, scene: str = "") -> Step:
    return Step(who, text, _all(Seen("public", "message", who, text)), scene)


def _party_say(who: str, text: str, readers: str) -> Step:
    return Step(who, f"/p {text}", _these(readers, Seen("party", "message", who, text)))


def _news(change: str, name: str, members: str) -> Seen:
    """A change of the party; ``members`` stand in the order of joining, the leader first in this play."""
    return Seen("party", change, name, members)


_BIRTHDAY: Final = "It is dave's birthday. Not a word!"
_NOT_A_WORD: Final = "Not one. But there is cake."
_CANDLES: Final = "Quick, the candles!"
_CONGRATULATIONS: Final = "Happy birthday!"
_THANKS: Final = "You knew! Thank you, bob."

PLAY: Final = (
    _say("alice", CALL, scene="Everybody reads what is public"),
    _say("bob", "I am. Good morning, alice."),
    _say("dave", "So am I. Nothing special today."),
    Step("bob", "/me pours coffee for three", _all(Seen("public", "action", "bob", "pours coffee for three"))),
    Step(
        "alice",
        f"/w bob {_BIRTHDAY}",
        _these("alice bob", Seen("whisper", "whisper", "alice to bob", _BIRTHDAY)),
        scene="A whisper (/w) and a reply (/r): dave sees nothing of them",
    ),
    Step("bob", f"/r {_NOT_A_WORD}", _these("alice bob", Seen("whisper", "whisper", "bob to alice", _NOT_A_WORD))),
    _say("alice", "dave, is that the postman?", scene="A whisper to someone who is away, and all that he missed"),
    Step("dave", EXIT, _these("alice bob", Seen("presence", "offline", "dave", ""))),
    # What is said while dave is away he is to see with his return.
    Step("alice", _CANDLES, _these("alice bob", Seen("public", "message", "alice", _CANDLES))),
    Step(
        "bob",
        f"/w dave {_CONGRATULATIONS}",
        _these("bob", Seen("whisper", "kept whisper", "bob to dave", _CONGRATULATIONS)),
    ),
    Step(
        "dave",
        RETURN,
        {
            "alice": (Seen("presence", "online", "dave", ""),),
            "bob": (Seen("presence", "online", "dave", ""), Seen("whisper", "delivered", "dave", "")),
            "dave": (
                Seen("public", "message", "alice", _CANDLES),
                Seen("whisper", "kept whisper", "bob to dave", _CONGRATULATIONS),
            ),
        },
    ),
    # Bob has heard by now that his whisper has arrived.
    _say("bob", "There you are, dave."),
    Step("dave", f"/r {_THANKS}", _these("bob dave", Seen("whisper", "whisper", "dave to bob", _THANKS))),
    Step(
        "bob",
        "/party invite alice",
        {
            "alice": (Seen("party", "invitation", "bob", "bob"),),
            "bob": (_news("created", "bob", "bob"), _news("invited", "alice", "bob")),
        },
        scene="A party: alice accepts, dave declines",
    ),
    Step("alice", "/party accept", _these("alice bob", _news("joined", "alice", "bob, alice"))),
    Step(
        "bob",
        "/party invite dave",
        {
            "dave": (Seen("party", "invitation", "bob", "bob, alice"),),
            **_these("alice bob", _news("invited", "dave", "bob, alice")),
        },
    ),
    Step("dave", "/party decline", _all(_news("declined", "dave", "bob, alice"))),
    _party_say("alice", "He must not hear about the book.", readers="alice bob"),
    Step(
        "alice",
        "/party invite dave",
        {
            "dave": (Seen("party", "invitation", "alice", "bob, alice"),),
            **_these("alice bob", _news("invited", "dave", "bob, alice")),
        },
        scene="Second thoughts: dave joins, and reads from here on",
    ),
    Step("dave", "/party accept", _all(_news("joined", "dave", "bob, alice, dave"))),
    _party_say("dave", "Here I am. Which book?", readers="alice bob dave"),
    Step(
        "bob",
        "/party leave",
        {
            "bob": (_news("left", "bob", "alice, dave"),),
            **_these("alice dave", _news("left", "bob", "alice, dave"), _news("leader", "alice", "alice, dave")),
        },
        scene="The leader leaves: alice has been in longest and leads now",
    ),
    _party_say("alice", "bob cannot read this any more.", readers="alice dave"),
    Step(
        "dave",
        "/party leave",
        _these("alice dave", _news("left", "dave", "alice")),
    ),
    Step("alice", "/party leave", _these("alice", _news("left", "alice", ""), _news("dissolved", "alice", ""))),
    _say("alice", "Come, the cake is in the kitchen.", scene="And everybody is among friends again"),
)
