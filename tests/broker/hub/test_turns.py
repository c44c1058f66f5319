"""A turn is kept and then let out; each command of it counts once, in its place."""

from tests.broker.hub.guests import INSTANCE, PACED, Broker, Guest, guest, history
from zchat_common import messages as m
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.sealing import take_apart

# -- a turn -----------------------------------------------------------------------------------------------------------


def test_a_command_is_kept_answered_and_published(broker: Broker) -> None:
    alice = guest(broker)
    bob = guest(broker, "Bob")
    out = broker.turn(*alice.arrives(alice.command("say", "hi", False)))
    at = broker.now.at
    assert alice.answers(out) == [m.Answer(INSTANCE, 1, at, "public", 1, "")]
    assert bob.reads(out.frames) == [m.Say(1, at, "Alice", "hi", False)]
    assert history(broker) == ["hi"]


def test_a_turn_is_one_commit_and_one_frame_of_each_topic(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    says = [alice.command("say", str(number), False) for number in range(50)]
    whispers = [bob.command("whisper", "alice", alice.key, m.SEALED, b"psst") for _ in range(3)]
    broker.disk.commits.clear()
    out = broker.turn(*alice.arrives(*says), *bob.arrives(*whispers))
    assert len(broker.disk.commits) == 1
    assert sorted(take_apart(frame).topic for frame in out.frames) == ["public", "user.alice", "user.bob"]
    assert len(alice.answers(out)) == 50
    assert history(broker) == [str(number) for number in range(50)]


def test_a_quiet_turn_keeps_and_says_nothing(broker: Broker) -> None:
    guest(broker)
    out = broker.turn()
    assert (out.replies, out.frames, broker.disk.commits) == ([], [], [])


def test_answers_come_in_the_order_of_the_commands(broker: Broker) -> None:
    alice = guest(broker)
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(9)])
    assert [reply.n for reply in replies if isinstance(reply, m.Answer)] == list(range(1, 10))


def test_the_one_who_registers_is_told_where_and_as_whom(broker: Broker) -> None:
    reply = Guest(broker, "Alice").register()
    assert isinstance(reply, m.Registered)
    assert (reply.version, reply.commands_port, reply.topics_port) == (PROTOCOL_VERSION, 5555, 5556)
    assert (reply.name, reply.title, reply.at, reply.users) == ("Alice", "Lab", broker.now.at, 1)
    assert [key.topic for key in reply.keys] == ["public", "user.alice"]


def test_a_client_is_answered_where_it_was_heard_last(broker: Broker) -> None:
    alice = guest(broker)
    alice.route = b"99"
    assert isinstance(alice.say("hi"), m.Answer)


def test_the_peer_is_looked_up_for_registrations_and_nonsense_only(broker: Broker) -> None:
    """It is not free."""
    alice = guest(broker)
    broker.peers_asked = 0
    alice.send(m.Ping(alice.token, 1, "user.alice"), m.AskRoster(alice.token, 1), alice.command("back"))
    assert broker.peers_asked == 0


def test_tokens_are_secret_and_never_the_same(broker: Broker) -> None:
    tokens = {guest(broker, f"user{number}").token for number in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {16}
    assert not any(token.hex() in repr(broker.state) for token in tokens)


def test_everybody_is_told_when_the_broker_stops(broker: Broker) -> None:
    alice = guest(broker)
    assert alice.reads(broker.hub.stop("update")) == [m.Stopping("update")]


# -- exactly once -----------------------------------------------------------------------------------------------------


def test_a_repeated_command_gets_its_answer_again_and_is_not_applied_again(broker: Broker) -> None:
    alice = guest(broker)
    first = alice.say("hi")
    assert alice.say("hi", n=1) == first
    assert history(broker) == ["hi"]


def test_a_command_before_its_turn_is_told_which_one_is_expected(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    assert alice.say("three", n=3) == m.Expected(INSTANCE, 2)
    assert history(broker) == ["one"]


def test_a_command_before_its_turn_takes_nothing_from_what_its_user_may_say() -> None:
    broker = Broker(PACED)
    alice = guest(broker)
    for _ in range(100):
        assert alice.say("later", n=5) == m.Expected(INSTANCE, 1)
    assert [type(alice.say("now", n=n)) for n in range(1, 5)] == [m.Answer] * 4


def test_commands_survive_the_broker(broker: Broker) -> None:
    alice = guest(broker)
    first = alice.say("one")
    broker.restart()
    alice.register()
    assert alice.say("one", n=1) == first
    assert alice.say("three", n=3) == m.Expected(INSTANCE, 2)
    assert isinstance(alice.say("two", n=2), m.Answer)
    assert history(broker) == ["one", "two"]
