"""What acts on a terminal or lies about the order of characters: who can bring it to somebody's screen, and how.

Each attack is a function that returns what it got, from what ``--plain`` writes to a terminal and ``--json`` to a pipe.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pytest

from tests.security.weakened import NASTY, program
from tests.system.peer import Peer, Registered
from tests.system.processes import Broker, Client, House, environment, unique
from tests.system.screens import ENTER, Terminal
from zchat_client.core.roster import name_key
from zchat_common import messages as m
from zchat_common.identity import Identity
from zchat_common.limits import BODY_MAX_BYTES, TEXT_MAX_CHARS
from zchat_common.text import clean_text
from zchat_common.whispers import Party, Whisperer

Without = Callable[..., Broker]
# None of them is written by a prompt or for a colour.
PIECES: Final = ("\x1b]0;owned", "\a\x1b[2J", "\x9b31m", "\u202egnp", "\u2066", "\x7f")
HUGE: Final = "x" * 20_000
# Reasons are cut by the attack itself.
HUGE_PLACES: Final = {"text", "party", "announcement", "name"}
HIDDEN: Final = ("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\U000e0041")
ROOT: Final = Identity.create()

# -- through an honest broker -----------------------------------------------------------------------------------------


def send(broker: Broker, text: str) -> set[str]:
    """Sends a text wherever one can be put; returns where it was taken."""
    with Peer(broker, identity=ROOT) as a, Peer(broker) as b:
        root, victim = Registered(a, "root"), Registered(b, unique("victim"))
        root.done("party_invite", victim.name)
        attempts: dict[str, tuple[str, tuple[m.Scalar, ...]]] = {
            "text": ("say", (text, False)),
            "party": ("party_say", (text, True)),
            "away": ("away", (text[:100],)),
            "announcement": ("announce", (text,)),
            "mute": ("mute", (victim.name, 60, text[:100])),
            "kick": ("kick", (victim.name, text[:100])),
            "ban": ("ban", (victim.name, False, 60, text[:100])),
        }
        taken = set()
        for place, (op, args) in attempts.items():
            root.command(op, *args)
            while not isinstance(heard := _next(a), m.Answer | m.Refusal):
                pass
            if isinstance(heard, m.Answer):
                taken.add(place)
                b.tries(victim.name, run=2)
        with Peer(broker) as c:
            if c.tries(text) == "in":
                taken.add("name")
        return taken


def _next(peer: Peer) -> m.Downstream:
    heard = peer.next(20.0)
    assert heard is not None
    return heard


@pytest.fixture(scope="module")
def moderated(shared: House) -> Broker:
    return shared.broker("--rate", "0", "--admin", "root")


@pytest.mark.parametrize("piece", PIECES)
def test_the_broker_takes_it_nowhere(piece: str, moderated: Broker) -> None:
    assert send(moderated, f"hello {piece} there") == set()


def test_the_broker_takes_no_huge_text_either(moderated: Broker) -> None:
    assert send(moderated, HUGE) & HUGE_PLACES == set()


def test_without_checked_texts_it_takes_a_huge_one(without: Without) -> None:
    assert send(without("checked texts", "--admin", "root"), HUGE) & HUGE_PLACES == HUGE_PLACES - {"name"}


def hide_in_names(broker: Broker) -> list[str]:
    """What nobody sees, as far as it was taken as a part of a name."""
    return [hidden for hidden in HIDDEN if takes_name(broker, f"{unique('ro')}{hidden}ot")]


def takes_name(broker: Broker, name: str) -> bool:
    with Peer(broker) as peer:
        return peer.tries(name) == "in"


def test_no_name_has_what_nobody_sees(moderated: Broker) -> None:
    assert hide_in_names(moderated) == []


def test_without_checked_names_they_have(without: Without) -> None:
    assert hide_in_names(without("folded names")) == list(HIDDEN)


def test_without_checked_texts_it_takes_it_everywhere(without: Without) -> None:
    taken = send(without("checked texts", "--admin", "root"), f"hello {PIECES[0]} there")
    assert taken == {"text", "party", "away", "announcement", "mute", "kick", "ban"}


# -- from a broker that lies, and in whispers, which it cannot read ---------------------------------------------------


class Screens:
    """Two people at a broker that puts into everything what it should not, with a friend of the broker's."""

    def __init__(self, house: House, client: Sequence[str]) -> None:
        broker = house.broker(
            *("--rate", "0", "--title", "poison", "--admin", "poison"), program=program("honesty", "broker")
        )
        self._peer = Peer(broker)
        self.poison = Registered(self._peer, "poison")
        self.victor: Client = house.client("victor", broker, program=client)
        self.victor.wait("connected")
        options = ["--plain", "--port", str(broker.port), "--name", "vera", "--data", str(house.folder / "vera")]
        plainly = environment(house.folder, {"TERM": "xterm", "NO_COLOR": "1"})
        self.vera = Terminal(options, plainly, program=client)
        self.vera_sees("you are vera")

    def close(self) -> None:
        self.vera.close()
        self._peer.context.destroy(linger=0)

    def vera_sees(self, text: str) -> None:
        """Waits for it in what was written: her screen may be in any state."""
        self.vera.wait(lambda _rows: text.encode() in self.vera.raw, text)

    def both_type(self, *lines: str) -> None:
        self.victor.types(*lines)
        for line in lines:
            self.vera.types(line + ENTER)

    def whisper(self, name: str, text: str) -> None:
        """As the broker will say that the sender is called: both are in it together."""
        poison = self.poison
        key = poison.key_of(name)
        whisperer = Whisperer(self._peer.identity)
        body = whisperer.seal(text, name_key(f"poison{NASTY}"), Party(name, key), 1, poison._n + 1)
        poison.done("whisper", name, key, m.SEALED, body)

    def play(self) -> None:
        """All that can be shown, once."""
        poison = self.poison
        poison.done("away", "poison away")
        self.victor.wait("presence", status="away")
        poison.done("back")
        poison.done("say", "poison text", False)
        poison.done("say", "poison action", True)
        poison.done("announce", "poison news")
        for name in ("victor", "vera"):
            poison.done("party_invite", name)
        self.victor.wait("invited")
        self.vera_sees("invites you")
        # One after the other: who comes last is not told who came before.
        self.victor.types("/party accept")
        self.victor.wait("party", change="joined", name="victor")
        self.vera.types("/party accept" + ENTER)
        self.victor.wait("party", change="joined", name="vera")
        self.vera_sees("vera joined the party")
        poison.done("party_say", "poison party", False)
        self.both_type(
            "/who", "/party who", "/history", "/history party", "/bans", "/w poison hi", "/party lead poison"
        )
        # What changed a moment ago is shown first.
        self.victor.wait("who")
        for name in ("victor", "vera"):
            self.whisper(name, f"poison whisper {NASTY}{HUGE}")
            poison.done("mute", name, 60, "poison mute")
        self.both_type("am I muted?")
        self.victor.wait("error", code="muted")
        poison.done("say", "the end", False)
        self.victor.wait("message", text="the end")
        self.vera_sees("the end")
        for name in ("victor", "vera"):
            poison.done("kick", name, "poison kick")
        self.victor.wait("bye")
        self.vera_sees("bye")

    def found(self) -> tuple[set[str], set[str]]:
        """What no screen should be sent, of what was written to the terminal, and of the values under ``--json``."""
        shown = "\n".join(text for event in self.victor.events for text in _strings(event))
        printed = self.vera.raw.decode("utf-8", "replace")
        return {piece for piece in PIECES if piece in printed}, {piece for piece in PIECES if piece in shown}


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _strings(each)
        case dict():
            for each in value.values():
                yield from _strings(each)
        case _:
            pass  # numbers and flags


def test_whatever_a_broker_and_its_friends_say_reaches_no_screen(house: House) -> None:
    screens = Screens(house, ("zchat-client",))
    try:
        screens.play()
        assert screens.found() == (set(), set())
        for event in screens.victor.events:
            assert all(text == clean_text(text) for text in _strings(event)), event
        (whisper,) = screens.victor.seen("whisper")
        assert len(whisper["text"]) == TEXT_MAX_CHARS < BODY_MAX_BYTES
        kinds = {event["event"] for event in screens.victor.events if "\ufffd" in "".join(_strings(event))}
        assert kinds >= {"connected", "message", "presence", "whisper", "invited", "party", "who", "party_who"}
        assert kinds >= {"history", "error", "moderated"}
    finally:
        screens.close()


def test_without_clean_screens_it_does(house: House) -> None:
    screens = Screens(house, program("clean screens", "client"))
    try:
        screens.play()
        assert screens.found() == (set(PIECES), set(PIECES))
    finally:
        screens.close()
