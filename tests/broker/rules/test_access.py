"""Who may come in where users are invited."""

import pytest

from tests.broker.rules.conversation import DAY, SETTINGS, Chat, key_of, of, one
from zchat_broker.rules.effects import Audited, Effect, KeyChanged, RegistrationRefused, SessionEnded, SessionOpened
from zchat_broker.rules.entries import CodeIssued, Registering, Started, Withdrawn
from zchat_broker.rules.state import Guest
from zchat_common.introduction import fingerprint

INVITED = SETTINGS._replace(invited_only=True)
CODE = b"the digest of a code"


def chat_with_a_code() -> Chat:
    chat = Chat(settings=INVITED)
    chat.apply(CodeIssued(chat.at, CODE, chat.at + DAY, "for carol"))
    return chat


def come(
    chat: Chat, name: str, invite: bytes = b"", *, listed: bool = False, key: bytes = b"", run: int = 1
) -> list[Effect]:
    session = chat.draw("session")
    key = key or key_of(name)
    return chat.apply(Registering(chat.at, session, name, key, run, False, "192.0.2.1", listed, invite))


def is_in(effects: list[Effect]) -> bool:
    return of(SessionOpened, effects) != []


def test_with_open_access_everybody_may_come_in() -> None:
    assert is_in(come(Chat(), "carol"))


def test_a_stranger_is_told_what_to_do_and_learns_nothing_of_names() -> None:
    chat = chat_with_a_code()
    come(chat, "alice", listed=True)
    for name in ("carol", "alice"):
        refused = one(RegistrationRefused, come(chat, name, key=key_of("carol")))
        assert (refused.code, refused.wants) == ("access_denied", "invite")
        assert "invitation code" in refused.text
        assert fingerprint(key_of("carol")) in refused.text


def test_a_listed_key_may_come_in_and_uses_no_code_up() -> None:
    chat = chat_with_a_code()
    assert is_in(come(chat, "alice", CODE, listed=True))
    assert is_in(come(chat, "carol", CODE))


def test_who_is_not_listed_any_more_is_refused_when_he_comes_again() -> None:
    chat = chat_with_a_code()
    come(chat, "alice", listed=True)
    assert not is_in(come(chat, "alice"))


def test_a_code_lets_one_key_in_for_good() -> None:
    chat = chat_with_a_code()
    effects = come(chat, "carol", CODE)
    assert is_in(effects)
    assert chat.state.guests[key_of("carol")] == Guest(key_of("carol"), chat.at, "for carol")
    (admitted,) = of(Audited, effects)
    assert admitted.entry[1:4] == ("command line", "admit", "carol")
    assert is_in(come(chat, "carol"))
    assert is_in(come(chat, "caroline", key=key_of("carol")))
    refused = one(RegistrationRefused, come(chat, "dave", CODE))
    assert "not valid" in refused.text


@pytest.mark.parametrize("late_ms", [0, 1])
def test_a_code_expires(late_ms: int) -> None:
    chat = chat_with_a_code()
    chat.at += DAY - 1 + late_ms
    assert is_in(come(chat, "carol", CODE)) == (late_ms == 0)


def test_a_registration_that_fails_for_another_reason_leaves_the_code_valid() -> None:
    chat = chat_with_a_code()
    come(chat, "alice", listed=True)
    for name in ("alice", "aIice", "no/name"):
        assert not is_in(come(chat, name, CODE, key=key_of("carol")))
    assert is_in(come(chat, "carol", CODE))


def test_a_used_code_that_is_issued_again_stays_used_and_is_forgotten_when_it_expires() -> None:
    chat = chat_with_a_code()
    come(chat, "carol", CODE)
    assert chat.apply(CodeIssued(chat.at, CODE, chat.at + DAY, "for carol")) == []
    assert not is_in(come(chat, "dave", CODE))
    chat.at += DAY
    chat.prune()
    assert chat.state.codes == {}
    assert chat.apply(CodeIssued(chat.at, CODE, chat.at, "for carol")) == []


def test_a_code_is_noted_when_it_is_made() -> None:
    chat = Chat(settings=INVITED)
    (made,) = of(Audited, chat.apply(CodeIssued(chat.at, CODE, chat.at + DAY, "for carol")))
    assert made.entry == (chat.at, "command line", "invite", "", chat.at + DAY, "", "for carol")


def test_a_code_that_is_taken_back_lets_nobody_in() -> None:
    chat = chat_with_a_code()
    (noted,) = of(Audited, chat.apply(Withdrawn(chat.at, CODE, b"")))
    assert noted.entry == (chat.at, "command line", "withdraw", "", chat.at + DAY, "", "for carol")
    assert not is_in(come(chat, "carol", CODE))
    assert chat.apply(Withdrawn(chat.at, CODE, b"")) == []


def test_a_guest_whose_invitation_is_taken_back_is_out_under_every_name_and_reads_no_more() -> None:
    chat = chat_with_a_code()
    come(chat, "alice", listed=True)
    come(chat, "carol", CODE)
    come(chat, "caroline", key=key_of("carol"))
    effects = chat.apply(Withdrawn(chat.at, b"", key_of("carol")))
    assert [(ended.user, ended.reason) for ended in of(SessionEnded, effects)] == [
        ("carol", "kicked"),
        ("caroline", "kicked"),
    ]
    assert [(change.topic, change.readers) for change in of(KeyChanged, effects)] == [("public", ("alice",))]
    assert [noted.entry[1:4] for noted in of(Audited, effects)] == [("command line", "withdraw", "carol, caroline")]
    assert not is_in(come(chat, "carol"))
    assert not is_in(come(chat, "carol", CODE))
    assert chat.apply(Withdrawn(chat.at, b"", key_of("carol"))) == []


def test_with_open_access_a_guest_whose_invitation_is_taken_back_stays() -> None:
    chat = chat_with_a_code()
    come(chat, "carol", CODE)
    chat.apply(Started(chat.at, SETTINGS))
    assert of(SessionEnded, chat.apply(Withdrawn(chat.at, b"", key_of("carol")))) == []
    assert chat.state.guests == {}


def test_a_ban_outlasts_an_invitation() -> None:
    chat = chat_with_a_code()
    chat.apply(Started(chat.at, INVITED._replace(admins=("root",))))
    come(chat, "carol", CODE)
    come(chat, "root", listed=True)
    chat.sessions["root"] = chat.state.sessions["root"].id
    chat.ok("root", "ban", "carol", False, 0, "")
    refused = one(RegistrationRefused, come(chat, "carol", listed=True))
    assert (refused.code, refused.wants) == ("access_denied", "")


def test_with_open_access_a_code_is_left_for_later() -> None:
    chat = Chat()
    chat.apply(CodeIssued(chat.at, CODE, chat.at + DAY, ""))
    assert is_in(come(chat, "bob", CODE))
    chat.apply(Started(chat.at, INVITED))
    assert is_in(come(chat, "carol", CODE))
