"""Whoever would be let in as nobody, as somebody else, or twice: at the commands link with a program of his own.

Each attack is a function that returns what it got. Banned keys: ``tests/system/test_moderation.py``; invitation codes:
``test_access.py``; rubbish and dead tokens: ``test_strangers.py``.
"""

import ctypes
import itertools
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import pytest
import zmq
from zmq.utils import z85

from tests.system.peer import Peer, Registered, introduction
from tests.system.processes import Broker, House, unique
from zchat_common import messages as m
from zchat_common.identity import Identity
from zchat_common.limits import PROTOCOL_VERSION

Without = Callable[..., Broker]

# -- without a key, with one that is not let in -----------------------------------------------------------------------


def come_without_a_key(broker: Broker, for_s: float) -> str:
    """Speaks ZeroMQ without CURVE."""
    with Peer(broker, curve=False) as peer:
        return peer.tries(unique("mallory"), for_s=for_s)


def test_who_comes_without_curve_gets_no_answer(broker: Broker) -> None:
    assert come_without_a_key(broker, 0.5) == "nothing"


def test_without_curve_he_is_in(without: Without) -> None:
    assert come_without_a_key(without("curve"), 20) == "in"


def come_with_a_key_that_nobody_knows(broker: Broker) -> str:
    with Peer(broker) as peer:
        return peer.tries(unique("mallory"))


def test_a_key_that_was_not_let_in_is_refused(house: House) -> None:
    assert come_with_a_key_that_nobody_knows(house.broker("--access", "invited")) == "access_denied"


def test_with_open_access_any_key_is_in(broker: Broker) -> None:
    assert come_with_a_key_that_nobody_knows(broker) == "in"


# -- routing ids ------------------------------------------------------------------------------------------------------


def take_somebody_s_routing_id(broker: Broker, for_s: float) -> str:
    """Claims the routing id of a victim who has chosen one; returns who is sent the victim's answers."""
    routing_id = unique("chosen").encode()
    with Peer(broker, routing_id=routing_id) as a:
        alice = Registered(a, unique("alice"))
        with Peer(broker, routing_id=routing_id) as thief, Peer(broker) as later:
            # Who comes later has come in when he is answered; so has the thief, if ever.
            thief.say(m.AskRoster(b"no token", 1))
            later.register(unique("later"))
            thief.hears_nothing(0.3)
            a.say(m.AskRoster(alice.token, 1))
            end = time.monotonic() + for_s
            while time.monotonic() < end:
                if a.socket.poll(50):
                    return "the victim"
                if isinstance(thief.next(0.05), m.Roster):
                    return "the thief"
    return "nobody"


def test_who_claims_somebody_s_routing_id_is_sent_nothing_of_his(broker: Broker) -> None:
    assert take_somebody_s_routing_id(broker, 20) == "the victim"


def test_if_routing_ids_were_handed_over_the_victim_would_lose_his_connection(without: Without) -> None:
    assert take_somebody_s_routing_id(without("first come"), 1.0) != "the victim"


CLAIMS_EACH: Final = 60


def coming_ids() -> list[bytes]:
    """The automatic routing ids that a broker gives next if its ``rand`` was never seeded, from one of these on."""
    libc = ctypes.CDLL(None)
    libc.srand(1)
    drawn = [libc.rand() for _ in range(9)]
    starts = [(high << 31 | low) & 0xFFFFFFFF for low, high in itertools.pairwise(drawn)]
    return [b"\0" + ((start + step) & 0xFFFFFFFF).to_bytes(4) for start in starts for step in range(CLAIMS_EACH)]


def claim_coming_routing_ids(broker: Broker) -> bool:
    """Claims hundreds of coming ids, then lets others come; returns whether the broker is alive."""
    key, me = z85.encode(introduction(broker).key), Identity.create()
    with zmq.Context() as context:
        claimed: list[zmq.Socket[bytes]] = []
        for routing_id in coming_ids():
            socket: zmq.Socket[bytes] = context.socket(zmq.DEALER)
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.ROUTING_ID, routing_id)
            socket.setsockopt(zmq.CURVE_SERVERKEY, key)
            socket.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(me.public))
            socket.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(me.secret))
            socket.connect(f"tcp://127.0.0.1:{broker.port}")
            socket.send(b"nonsense")
            claimed.append(socket)
        for socket in claimed:
            assert socket.poll(20_000), "a claim was not even refused"
        honest = 0
        try:
            for _ in range(5):
                with Peer(broker) as peer:
                    peer.say(m.Register(PROTOCOL_VERSION, unique("honest"), 1, takeover=False))
                    while broker.is_running and not peer.socket.poll(50):
                        pass
                    honest += broker.is_running
        except OSError:
            pass  # no introduction any more
        for socket in claimed:
            socket.close(linger=0)
    return broker.is_running and honest == 5


@pytest.mark.skipif(not hasattr(signal, "SIGABRT"), reason="libc's rand is another one there")
def test_who_claims_coming_routing_ids_does_not_end_the_broker(house: House) -> None:
    assert claim_coming_routing_ids(house.broker("--rate", "0", "--address-connections", "0"))


@pytest.mark.skipif(not hasattr(signal, "SIGABRT"), reason="libc's rand is another one there")
def test_without_seeded_routing_ids_he_does(without: Without) -> None:
    broker = without("seeded routing ids", "--address-connections", "0")
    assert not claim_coming_routing_ids(broker)
    assert broker.exit_code() == -signal.SIGABRT


# -- tokens -----------------------------------------------------------------------------------------------------------


def speak_with(peer: Peer, tokens: list[bytes]) -> list[str]:
    """Tries to say something with each token; returns the names in which that was done."""
    for token in tokens:
        peer.say(m.Do(token, 4711, 1, "say", ("in your name", False)))
    heard = [peer.next(20.0) for _ in tokens]
    return [type(each).__name__ for each in heard if not isinstance(each, m.Rejected)]


def guess_a_token(broker: Broker) -> list[str]:
    """From one's own token to those before and after it."""
    with Peer(broker) as a, Peer(broker) as b:
        a.register(unique("alice"))
        own = int.from_bytes(b.register(unique("mallory")).token)
        near = [own + step for step in range(-100, 101) if step != 0]
        return speak_with(b, [(each % 2**128).to_bytes(16) for each in near])


def test_no_token_can_be_guessed_from_one_s_own(broker: Broker) -> None:
    assert guess_a_token(broker) == []


def test_without_random_tokens_it_can(without: Without) -> None:
    assert guess_a_token(without("random tokens")) == ["Answer"]


def use_an_old_token(broker: Broker) -> list[str]:
    """Uses the token of a session that was resumed since, in another connection."""
    with Peer(broker) as a, Peer(broker) as b:
        name = unique("alice")
        old = a.register(name, run=7).token
        # What is asked under it makes it known to the broker.
        a.say(m.AskRoster(old, 1))
        a.hear(m.Roster)
        a.register(name, run=7)
        return speak_with(b, [old])


def test_the_token_of_an_earlier_session_opens_nothing(broker: Broker) -> None:
    assert use_an_old_token(broker) == []


def test_if_old_tokens_were_kept_it_would(without: Without) -> None:
    assert use_an_old_token(without("one token")) == ["Answer"]


# -- commands that were recorded --------------------------------------------------------------------------------------


def replay_a_command(broker: Broker) -> int:
    """Sends a recorded command again, in its session and in the next one; returns how often it was done."""
    with Peer(broker) as peer:
        alice = Registered(peer, unique("alice"))
        text = unique("pay 100")
        recorded = alice.command("say", text, False)
        peer.hear(m.Answer)
        for _ in range(3):
            peer.say(recorded)
            peer.hear(m.Answer)
        alice.token = peer.register(alice.name).token
        peer.say(recorded)
        assert peer.hear(m.Rejected).code == "no_session"
        peer.say(recorded._replace(token=alice.token))
        peer.hear(m.Answer)
        history = alice.history("public")
        return sum(isinstance(each, m.Say) and each.text == text for each in history)


def test_a_command_that_is_sent_again_is_not_done_again(broker: Broker) -> None:
    assert replay_a_command(broker) == 1


def test_without_numbers_of_commands_it_is(without: Without) -> None:
    assert replay_a_command(without("numbers of commands")) == 5


def go_on_with_somebody_s_numbering(broker: Broker) -> list[str]:
    """Sends the next command of another user's numbering in one's own session; returns in whose name it was done."""
    with Peer(broker) as a, Peer(broker) as b:
        alice, mallory = Registered(a, unique("alice")), Registered(b, unique("mallory"))
        a.say(m.Do(alice.token, 815, 1, "back", ()))
        a.hear(m.Answer)
        text = unique("in your name")
        # His own are numbered from 1 on, whatever others have.
        for n in (1, 2):
            b.say(m.Do(mallory.token, 815, n, "say", (text, False)))
        history = mallory.history("public")
        return [each.sender.partition("-")[0] for each in history if isinstance(each, m.Say) and each.text == text]


def test_somebody_s_numbering_is_nobody_else_s(broker: Broker) -> None:
    assert go_on_with_somebody_s_numbering(broker) == ["mallory", "mallory"]


def test_if_a_numbering_said_whose_command_it_is_it_would_be(without: Without) -> None:
    assert "alice" in go_on_with_somebody_s_numbering(without("numberings of one's own"))


# -- names ------------------------------------------------------------------------------------------------------------


def be_somebody(change: Callable[[str], str], broker: Broker) -> str:
    """Registers a name like Alice's with another key, while she is online."""
    name = unique("alice")
    with Peer(broker) as a, Peer(broker) as b:
        a.register(name)
        return b.tries(change(name), run=2, takeover=True)


same_name: Final = partial(be_somebody, str)
other_case: Final = partial(be_somebody, str.upper)
# Cyrillic, a digit for a letter, full width, and a dotless letter under no dot.
LOOKS: Final = {"ɑ": "a", "1": "l", "I": "l"}


def look_alike(looks: str, broker: Broker) -> str:
    """Registers a name in which a letter is replaced by one that looks like it."""
    return be_somebody(lambda name: name.replace(LOOKS[looks], looks), broker)


def test_a_name_is_not_given_to_another_key(broker: Broker) -> None:
    assert same_name(broker) == "name_owned"


def test_without_owners_of_names_it_is(without: Without) -> None:
    assert same_name(without("owners of names")) == "in"


def test_a_name_is_not_given_in_another_case(broker: Broker) -> None:
    assert other_case(broker) == "name_owned"


def test_without_folding_it_is(without: Without) -> None:
    assert other_case(without("folded names")) == "in"


@pytest.mark.parametrize("looks", LOOKS)
def test_a_name_that_looks_like_another_one_is_not_given(looks: str, broker: Broker) -> None:
    assert look_alike(looks, broker) == "name_lookalike"


def test_without_a_look_at_names_they_are(without: Without) -> None:
    broker = without("looks of names")
    assert [look_alike(looks, broker) for looks in LOOKS] == ["in"] * len(LOOKS)
