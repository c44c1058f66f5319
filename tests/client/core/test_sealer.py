"""A whisper waits at its place for its contact's key, is sealed once, and is not sent when the key is another one."""

import pytest

from tests.client.core.scripted import OWN, Desk, whisper
from tests.people import key_of, whisperer
from zchat_client.core.outputs import Contact, Pin
from zchat_client.events import Error
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.whispers import Party, safety_code

ALICE, BOB = Party("alice", key_of("alice")), Party("bob", key_of("bob"))
MALLORY = key_of("mallory")


def texts(desk: Desk, reader: str = "bob") -> list[str]:
    """What the reader would read of the whispers that were sent to him, once each."""
    bodies = dict.fromkeys([do.args[3] for do in desk.of(m.Do) if do.op == "whisper"])
    return [whisperer(reader).open(body, "alice", reader, own=False).text for body in bodies if isinstance(body, bytes)]


def sent(desk: Desk) -> list[tuple[int, str]]:
    return [(do.n, do.op) for do in desk.of(m.Do)]


def code(desk: Desk, ticket: int) -> str:
    refusal = desk.settled[ticket]
    assert isinstance(refusal, m.Refusal)
    return refusal.code


def deny(desk: Desk, code: Code = Code.NO_SUCH_USER) -> None:
    desk.hear(m.Denied(desk.of(m.AskUser)[-1].ask, code, "Nobody here is called so."))


# -- looking up -------------------------------------------------------------------------------------------------------


def test_a_first_whisper_asks_for_the_key_pins_it_and_goes_sealed_for_it(desk: Desk) -> None:
    desk.submit("whisper", "BOB", "psst")
    (question,) = desk.of(m.AskUser)
    assert (question.token, question.name) == (b"token", "BOB")
    assert sent(desk) == []
    desk.name_key()
    (do,) = desk.of(m.Do)
    assert (do.n, do.op, do.args[:3]) == (1, "whisper", ("Bob", BOB.key, m.SEALED))
    assert do.args[3] == whisperer("alice").seal("psst", "alice", BOB, do.instance, do.n)
    assert desk.pins == {"bob": BOB.key}
    assert not any(b"psst" in arg for arg in do.args if isinstance(arg, bytes))


def test_nothing_is_sealed_before_the_key_is_kept(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "psst")
    desk.submit("say", "after", False)
    ask = desk.of(m.AskUser)[-1].ask
    desk.session.command_link(wire.encode(m.User(ask, "Bob", BOB.key)), desk.now)
    assert desk.session.outputs() == [Pin("bob", BOB.key)]
    desk.session.pinned([Pin("bob", BOB.key)], "", desk.now)
    assert [type(output).__name__ for output in desk.session.outputs()] == ["Send", "Send"]


def test_a_key_is_asked_for_once_in_a_session(desk: Desk) -> None:
    for text in ("one", "two"):
        desk.submit("whisper", "Bob", text)
    desk.name_key()
    desk.submit("whisper", "bob", "three")
    assert len(desk.of(m.AskUser)) == 1
    assert texts(desk) == ["one", "two", "three"]


def test_a_new_session_asks_again(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "one")
    desk.name_key()
    desk.settle(1, OWN, 1, "online")
    desk.reconnect()
    desk.submit("whisper", "Bob", "two")
    assert len(desk.of(m.AskUser)) == 2
    assert texts(desk) == ["one"]
    desk.name_key()
    assert texts(desk) == ["one", "two"]


def test_the_question_is_asked_again_when_the_link_broke_or_no_answer_came(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "psst")
    desk.reconnect()
    assert len(desk.of(m.AskUser)) == 2
    desk.wait(3.0)
    desk.pong()
    desk.wait(2.0)
    assert len(desk.of(m.AskUser)) == 3
    desk.name_key()
    assert texts(desk) == ["psst"]


def test_what_was_typed_offline_is_looked_up_and_sent_on_return() -> None:
    desk = Desk()
    desk.submit("whisper", "Bob", "psst", ticket=1)
    desk.submit("exit", ticket=2)
    desk.connect()
    assert sent(desk) == []
    desk.name_key()
    assert sent(desk) == [(1, "whisper"), (2, "exit")]


def test_an_answer_for_somebody_else_is_none(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "psst")
    desk.name_key("Mallory")
    assert code(desk, 1) == "malformed"
    assert (sent(desk), desk.pins) == ([], {})


@pytest.mark.parametrize("key", [b"k" * 31, bytes(32)], ids=["short", "of small order"])
def test_nothing_is_sent_for_a_key_that_is_none(desk: Desk, key: bytes) -> None:
    desk.submit("whisper", "Bob", "psst")
    desk.name_key("Bob", key)
    assert code(desk, 1) == "malformed"
    assert sent(desk) == []


# -- order ------------------------------------------------------------------------------------------------------------


def test_nothing_overtakes_a_whisper_that_waits_for_a_key(desk: Desk) -> None:
    desk.submit("say", "before", False)
    desk.submit("whisper", "Bob", "psst")
    desk.submit("say", "after", False)
    assert sent(desk) == [(1, "say")]
    desk.wait(1.0)
    desk.settle(1, "public", 1)
    assert sent(desk) == [(1, "say")]
    desk.name_key()
    assert sent(desk) == [(1, "say"), (2, "whisper"), (3, "say")]


def test_a_question_of_the_user_waits_for_the_whisper_before_it(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "psst")
    desk.session.ask(m.AskParty, 9, desk.now)
    desk.carry()
    desk.name_key()
    assert desk.of(m.AskParty) == []
    desk.settle(1, OWN, 1, "online")
    assert len(desk.of(m.AskParty)) == 1


def test_a_refused_whisper_uses_up_no_number_and_its_result_keeps_its_place(desk: Desk) -> None:
    desk.submit("say", "before", False, ticket=1)
    desk.submit("whisper", "nobody", "psst", ticket=2)
    desk.submit("say", "after", False, ticket=3)
    deny(desk)
    assert desk.settled == {}, "the command before it has no answer yet"
    desk.settle(1, "public", 1)
    assert list(desk.settled) == [1, 2]
    assert code(desk, 2) == "no_such_user"
    assert sent(desk) == [(1, "say"), (2, "say")]


def test_a_user_who_was_not_known_is_asked_for_again(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "one", ticket=1)
    deny(desk)
    desk.submit("whisper", "Bob", "two", ticket=2)
    desk.name_key()
    assert code(desk, 1) == "no_such_user"
    assert texts(desk) == ["two"]


@pytest.mark.parametrize("op", ["whisper", "trust", "verify"])
def test_nobody_is_a_contact_of_his_own(desk: Desk, op: str) -> None:
    desk.submit(op, "ALICE", *(["psst"] if op == "whisper" else []))
    assert code(desk, 1) == "not_yourself"
    assert (sent(desk), desk.of(m.AskUser)) == ([], [])


def test_it_never_asks_to_be_called_again_at_once_while_it_waits(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "psst")
    for _ in range(20):
        desk.wait(max(0.0, desk.session.next_s(desk.now) - desk.now_s))
        if desk.rebuilds:
            break
        assert desk.session.next_s(desk.now) > desk.now_s
    assert desk.rebuilds


# -- sealed once ------------------------------------------------------------------------------------------------------


def bodies(desk: Desk) -> list[object]:
    return [do.args[3] for do in desk.of(m.Do) if do.op == "whisper"]


def test_what_is_sent_again_is_the_same_to_the_byte(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "psst")
    desk.name_key()
    desk.reconnect()
    first, again = bodies(desk)
    assert first == again


def test_after_a_failed_store_the_next_whisper_keeps_its_body_under_another_number(desk: Desk) -> None:
    for text in ("one", "two"):
        desk.submit("whisper", "Bob", text)
    desk.name_key()
    first = desk.of(m.Do)[0]
    desk.hear(m.Refusal(first.instance, 1, Code.STORAGE_FAILED, "no", None))
    _, two, again = desk.of(m.Do)
    assert (again.n, again.instance == two.instance, again.args) == (1, False, two.args)
    assert texts(desk) == ["one", "two"]


def test_a_whisper_that_is_typed_again_gets_a_number_of_its_own(desk: Desk) -> None:
    """After a refusal by the broker too: nothing else is ever sealed under the numbers that were."""
    desk.submit("whisper", "Bob", "one")
    desk.name_key()
    desk.hear(m.Refusal(desk.of(m.Do)[0].instance, 1, Code.CONTACT_KEY_CHANGED, "no", None))
    desk.submit("whisper", "Bob", "two")
    desk.name_key()
    one, two = bodies(desk)
    assert isinstance(one, bytes)
    assert isinstance(two, bytes)
    assert one[:17] != two[:17]


# -- another key ------------------------------------------------------------------------------------------------------


def test_a_changed_key_sends_nothing_until_it_is_trusted() -> None:
    desk = Desk(pins={"bob": BOB.key})
    desk.connect()
    desk.submit("whisper", "Bob", "psst", ticket=1)
    desk.name_key("Bob", MALLORY)
    assert code(desk, 1) == "contact_key_changed"
    refusal = desk.settled[1]
    assert isinstance(refusal, m.Refusal)
    assert "/trust Bob" in refusal.text
    desk.submit("whisper", "Bob", "psst", ticket=2)
    assert code(desk, 2) == "contact_key_changed"
    assert (sent(desk), desk.pins) == ([], {"bob": BOB.key})

    desk.submit("trust", "bob", ticket=3)
    desk.submit("whisper", "Bob", "now", ticket=4)
    desk.name_key("Bob", MALLORY)
    assert desk.settled[3] == Contact("Bob", safety_code(ALICE, Party("bob", MALLORY)))
    assert desk.pins == {"bob": MALLORY}
    (do,) = desk.of(m.Do)
    assert (do.n, do.args[1]) == (1, MALLORY)
    body = do.args[3]
    assert isinstance(body, bytes)
    assert whisperer("mallory").open(body, "alice", "bob", own=False).text == "now"


def test_trust_accepts_the_key_that_the_broker_names_now_and_not_what_it_said_before(desk: Desk) -> None:
    desk.submit("whisper", "Bob", "psst")
    desk.name_key()
    desk.submit("trust", "Bob", ticket=2)
    desk.settle(1, OWN, 1, "online")
    assert len(desk.of(m.AskUser)) == 2
    desk.name_key("Bob", MALLORY)
    assert desk.pins == {"bob": MALLORY}


def test_what_the_broker_refuses_for_its_key_is_looked_up_anew(desk: Desk) -> None:
    """The name passed on while the whisper was on its way: it reached nobody."""
    desk.submit("whisper", "Bob", "one", ticket=1)
    desk.name_key()
    desk.hear(m.Refusal(desk.of(m.Do)[0].instance, 1, Code.CONTACT_KEY_CHANGED, "no", None))
    assert code(desk, 1) == "contact_key_changed"
    desk.submit("whisper", "Bob", "two", ticket=2)
    desk.name_key("Bob", MALLORY)
    assert code(desk, 2) == "contact_key_changed"
    assert texts(desk) == ["one"]


def test_the_pin_of_an_earlier_run_holds_for_a_name_in_any_case() -> None:
    desk = Desk(pins={"bob": BOB.key})
    desk.connect()
    desk.submit("whisper", "BoB", "psst")
    desk.name_key("BOB", MALLORY)
    assert code(desk, 1) == "contact_key_changed"


# -- a key that cannot be kept ----------------------------------------------------------------------------------------


def said(desk: Desk, ticket: int) -> str:
    refusal = desk.settled[ticket]
    assert isinstance(refusal, m.Refusal)
    assert refusal.code == "storage_failed"
    return refusal.text


def test_a_whisper_is_not_sealed_for_a_key_that_cannot_be_kept_and_its_user_is_told(desk: Desk) -> None:
    desk.disk_fault = "disk full"
    desk.submit("say", "before", False, ticket=1)
    desk.submit("whisper", "Bob", "psst", ticket=2)
    desk.submit("say", "after", False, ticket=3)
    desk.name_key()
    assert desk.settled == {}, "the command before it has no answer yet"
    desk.settle(1, "public", 1)
    assert "The key of bob could not be saved (disk full)" in said(desk, 2)
    assert sent(desk) == [(1, "say"), (2, "say")]
    assert desk.seen(Error) == [], "it is said once"


def test_each_whisper_tries_again_to_keep_the_key(desk: Desk) -> None:
    desk.disk_fault = "disk full"
    for ticket in (1, 2):
        desk.submit("whisper", "Bob", "psst", ticket=ticket)
    desk.name_key()
    assert said(desk, 1) == said(desk, 2)
    desk.disk_fault = ""
    desk.submit("whisper", "Bob", "again", ticket=3)
    assert texts(desk) == ["again"]
    assert desk.pins == {"bob": BOB.key}


def test_what_was_read_before_its_key_could_be_kept_does_not_make_it_a_key_to_seal_for(desk: Desk) -> None:
    desk.disk_fault = "disk full"
    desk.read(OWN, whisper(1))
    assert [type(event).__name__ for event in desk.shown[-2:]] == ["Whisper", "Error"]
    (error,) = desk.seen(Error)
    assert (error.code, "bob" in error.text) == ("storage_failed", True)
    desk.submit("whisper", "Bob", "psst", ticket=1)
    desk.name_key()
    assert said(desk, 1)
    assert sent(desk) == []
    desk.disk_fault = ""
    desk.submit("whisper", "Bob", "psst", ticket=2)
    assert texts(desk) == ["psst"]


def test_the_first_key_is_the_one_to_compare_with_though_it_could_not_be_kept(desk: Desk) -> None:
    desk.disk_fault = "disk full"
    desk.read(OWN, whisper(1))
    desk.disk_fault = ""
    desk.submit("whisper", "Bob", "psst", ticket=1)
    desk.name_key("Bob", MALLORY)
    assert code(desk, 1) == "contact_key_changed"
    assert desk.pins == {}


def test_trust_in_a_key_that_cannot_be_kept_changes_nothing() -> None:
    desk = Desk(pins={"bob": BOB.key})
    desk.connect()
    desk.disk_fault = "disk full"
    desk.submit("trust", "Bob", ticket=1)
    desk.name_key("Bob", MALLORY)
    assert said(desk, 1)
    desk.submit("whisper", "Bob", "psst", ticket=2)
    assert code(desk, 2) == "contact_key_changed"
    desk.disk_fault = ""
    desk.submit("trust", "Bob", ticket=3)
    desk.name_key("Bob", MALLORY)
    assert desk.settled[3] == Contact("Bob", safety_code(ALICE, Party("bob", MALLORY)))
    assert desk.pins == {"bob": MALLORY}


def test_verify_shows_no_code_for_a_key_that_the_next_start_would_not_know(desk: Desk) -> None:
    desk.disk_fault = "disk full"
    desk.submit("verify", "Bob", ticket=1)
    desk.name_key()
    assert said(desk, 1)


# -- safety codes -----------------------------------------------------------------------------------------------------


def test_verify_shows_the_code_of_the_pinned_key_and_pins_the_first(desk: Desk) -> None:
    desk.submit("verify", "bob", ticket=5)
    desk.name_key()
    assert desk.settled[5] == Contact("Bob", safety_code(BOB, ALICE))
    assert desk.pins == {"bob": BOB.key}
    assert sent(desk) == []


def test_verify_shows_no_code_for_a_key_that_was_not_trusted() -> None:
    desk = Desk(pins={"bob": BOB.key})
    desk.connect()
    desk.submit("verify", "Bob", ticket=5)
    desk.name_key("Bob", MALLORY)
    assert code(desk, 5) == "contact_key_changed"


def test_verify_and_trust_answer_as_things_stand_after_what_was_typed_before(desk: Desk) -> None:
    desk.submit("say", "hi", False, ticket=1)
    desk.submit("verify", "Bob", ticket=2)
    desk.name_key()
    assert desk.settled == {}
    desk.settle(1, "public", 1)
    assert list(desk.settled) == [1, 2]


@pytest.mark.parametrize("op", ["trust", "verify"])
def test_of_nobody_there_is_nothing_to_say(desk: Desk, op: str) -> None:
    desk.submit(op, "nobody", ticket=5)
    deny(desk)
    assert code(desk, 5) == "no_such_user"
    assert desk.pins == {}
