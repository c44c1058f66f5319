"""Keeping order: who may, what each act does, how long it holds, and that it is noted."""

import pytest

from tests.broker.rules.conversation import MINUTE, SECOND, SETTINGS, Chat, key_of, of, one, posted, told
from zchat_broker.rules.effects import Audited, Effect, KeyChanged, RegistrationRefused, SessionEnded, SessionOpened
from zchat_broker.rules.entries import Started
from zchat_broker.rules.views import restraints
from zchat_common.messages import SEALED, Announcement, Moderated, Refusal
from zchat_common.topics import PUBLIC

ORDERS = SETTINGS._replace(admins=("root", "op"))
HOUR = 60 * MINUTE


def order() -> Chat:
    """Root and Op keep order over bob and carol."""
    return Chat("Root", "Op", "bob", "carol", settings=ORDERS)


def notes(effects: list[Effect]) -> list[tuple[str, ...]]:
    """Who did what to whom, and why."""
    entries = [audited.entry for audited in of(Audited, effects)]
    return [(entry.by, entry.act, entry.name, entry.reason) for entry in entries]


def refusal_of(effects: list[Effect]) -> RegistrationRefused:
    return one(RegistrationRefused, effects)


# -- who may --------------------------------------------------------------------------------------------------------

ACTS: dict[str, tuple[str | int | bool, ...]] = {
    "kick": ("carol", ""),
    "ban": ("carol", False, 0, ""),
    "unban": ("carol",),
    "mute": ("carol", 0, ""),
    "unmute": ("carol",),
    "announce": ("hear me",),
    "release": ("carol",),
}


@pytest.mark.parametrize(("op", "args"), ACTS.items())
def test_nobody_but_an_admin_may(op: str, args: tuple[str | int | bool, ...]) -> None:
    assert order().refused("bob", op, *args) == "not_admin"


def test_nobody_is_an_admin_where_none_is_named() -> None:
    assert Chat("Root", "bob").refused("Root", "kick", "bob", "") == "not_admin"


@pytest.mark.parametrize("op", ["kick", "ban", "mute", "release"])
def test_an_admin_does_nothing_to_himself_or_to_another_admin(op: str) -> None:
    chat = order()
    assert chat.refused("Root", op, "ROOT", *ACTS[op][1:]) == "not_yourself"
    assert chat.refused("Root", op, "op", *ACTS[op][1:]) == "access_denied"


def test_what_an_admin_is_called_elsewhere_is_his_as_well() -> None:
    chat = order()
    chat.join("helper", key=key_of("op"))
    assert chat.refused("Root", "ban", "helper", False, 0, "") == "access_denied"


# -- kicks ----------------------------------------------------------------------------------------------------------


def test_a_kick_ends_the_session_with_its_reason_and_he_may_come_back() -> None:
    chat = order()
    effects = chat.ok("Root", "kick", "BOB", "shouting")
    ended = one(SessionEnded, effects)
    assert (ended.user, ended.reason, ended.text) == ("bob", "kicked", "You were kicked by Root: shouting")
    assert of(KeyChanged, effects) == []
    assert notes(effects) == [("Root", "kick", "bob", "shouting")]
    assert of(SessionOpened, chat.join("bob")) != []


def test_only_who_is_online_can_be_kicked() -> None:
    chat = order()
    chat.ok("bob", "exit")
    assert chat.refused("Root", "kick", "bob", "") == "no_such_user"


def test_who_is_kicked_leaves_his_party_at_once() -> None:
    chat = order()
    chat.party("bob", "carol")
    effects = chat.ok("Root", "kick", "bob", "")
    assert told(effects, "bob") == ["left bob"]
    assert chat.members("carol") == ("carol",)


# -- bans -----------------------------------------------------------------------------------------------------------


def test_a_ban_ends_the_session_and_then_changes_the_key_of_public_for_all_who_stay() -> None:
    chat = order()
    effects = chat.ok("Root", "ban", "bob", False, 0, "spam")
    ended, changed = one(SessionEnded, effects), one(KeyChanged, effects)
    assert (ended.user, ended.reason) == ("bob", "kicked")
    assert ended.text == "You are banned here (by Root): spam"
    assert changed == KeyChanged(PUBLIC, ("carol", "op", "root"), 0)
    assert effects.index(ended) < effects.index(changed)
    assert notes(effects) == [("Root", "ban", "bob", "spam")]


def test_a_ban_of_one_who_has_left_changes_the_key_too_since_he_may_listen_still() -> None:
    chat = order()
    chat.ok("bob", "exit")
    assert one(KeyChanged, chat.ok("Root", "ban", "bob", False, 0, "")).topic == PUBLIC


def test_a_banned_key_is_refused_under_every_name_and_is_told_why_and_until_when() -> None:
    chat = order()
    chat.ok("Root", "ban", "bob", False, 3600, "spam")
    for name in ("bob", "robert"):
        refused = refusal_of(chat.join(name, key=key_of("bob")))
        assert (refused.code, refused.wants) == ("access_denied", "")
        assert refused.text == "You are banned here until 2023-11-14 23:13:20 UTC (by Root): spam"


def test_a_ban_holds_all_who_are_online_with_the_key() -> None:
    chat = order()
    chat.join("robert", key=key_of("bob"))
    effects = chat.ok("Root", "ban", "bob", False, 0, "")
    assert [ended.user for ended in of(SessionEnded, effects)] == ["bob", "robert"]


def test_a_ban_ends_by_time_without_a_timer() -> None:
    chat = order()
    chat.ok("Root", "ban", "bob", False, 3600, "")
    chat.at += HOUR - 1
    assert of(SessionOpened, chat.join("bob")) == []
    chat.at += 1
    assert of(SessionOpened, chat.join("bob")) != []
    assert restraints(chat.state) == ()
    chat.prune()
    assert chat.state.bans == {}


def test_a_ban_without_an_end_holds_through_restarts() -> None:
    chat = order()
    chat.ok("Root", "ban", "bob", False, 0, "")
    chat.at += 1000 * 24 * HOUR
    chat.apply(Started(chat.at, ORDERS))
    chat.prune()
    assert refusal_of(chat.join("bob")).code == "access_denied"


def test_a_ban_is_lifted_by_the_name_in_any_case_even_when_the_name_is_free() -> None:
    chat = order()
    chat.ok("Root", "ban", "bob", False, 0, "")
    chat.ok("Root", "release", "bob")
    effects = chat.ok("Op", "unban", "BOB")
    assert notes(effects) == [("Op", "unban", "bob", "")]
    assert of(SessionOpened, chat.join("bob")) != []
    assert chat.refused("Op", "unban", "bob") == "no_such_user"


def test_a_ban_by_address_holds_everybody_there_but_admins() -> None:
    chat = Chat(settings=ORDERS)
    chat.join("Root", address="192.0.2.9")
    chat.join("bob", address="192.0.2.9")
    chat.join("dora", address="192.0.2.9")
    chat.join("carol", address="192.0.2.8")
    effects = chat.ok("Root", "ban", "bob", True, 0, "spam")
    assert [ended.user for ended in of(SessionEnded, effects)] == ["bob", "dora"]
    assert of(SessionEnded, effects)[1].text == "Your address is banned here (by Root): spam"
    assert refusal_of(chat.join("eve", address="192.0.2.9")).code == "access_denied"
    assert refusal_of(chat.join("bob", address="192.0.2.7")).code == "access_denied"
    assert of(SessionOpened, chat.join("dora", address="192.0.2.7")) != []
    chat.ok("Root", "exit")
    assert of(SessionOpened, chat.join("Root", address="192.0.2.9")) != []


def test_a_ban_without_the_address_leaves_others_there_alone() -> None:
    chat = order()
    chat.ok("Root", "ban", "bob", False, 0, "")
    assert "carol" in chat.state.sessions


def test_the_address_of_one_who_is_not_online_is_not_known() -> None:
    chat = order()
    chat.ok("bob", "exit")
    assert chat.refused("Root", "ban", "bob", True, 0, "") == "no_such_user"


def test_who_is_banned_while_his_connection_is_lost_loses_his_seat() -> None:
    chat = order()
    chat.party("carol", "bob")
    chat.lose("bob")
    chat.ok("Root", "ban", "bob", False, 0, "")
    assert chat.members("carol") == ("carol",)


def test_who_is_no_admin_any_more_is_held_by_what_he_could_laugh_at() -> None:
    chat = order()
    chat.join("Root", address="192.0.2.9", run=2, takeover=True)
    chat.join("bob", address="192.0.2.9", run=2, takeover=True)
    chat.ok("Root", "ban", "bob", True, 0, "")
    effects = chat.apply(Started(chat.at, ORDERS._replace(admins=("op",))))
    assert one(SessionEnded, effects).user == "root"


def test_whispers_to_a_banned_user_wait_for_him() -> None:
    chat = order()
    chat.ok("Root", "ban", "bob", False, 3600, "")
    answer = chat.ask("carol", "whisper", "bob", key_of("bob"), SEALED, b"psst")
    assert not isinstance(answer, Refusal)
    assert answer.detail.split()[0] == "stored"


# -- mutes ----------------------------------------------------------------------------------------------------------


def test_a_muted_user_reads_but_does_not_speak() -> None:
    chat = order()
    chat.party("carol", "bob")
    chat.ok("Root", "mute", "bob", 3600, "too loud")
    for op, args in (("say", ("hi", False)), ("say", ("waves", True)), ("party_say", ("hi", False))):
        assert chat.refused("bob", op, *args) == "muted"
    assert chat.refused("bob", "whisper", "carol", "text", b"hi") == "muted"
    assert chat.refused("bob", "away", "buy my things") == "muted"
    refusal = chat.ask("bob", "say", "hi", False)
    assert isinstance(refusal, Refusal)
    assert refusal.text == "You are muted until 2023-11-14 23:13:20 UTC (by Root): too loud"
    chat.ok("bob", "away", "")
    chat.ok("bob", "party_leave")


def test_a_mute_ends_by_time_or_by_an_admin() -> None:
    chat = order()
    chat.ok("Root", "mute", "bob", 60, "")
    chat.ok("Root", "mute", "carol", 0, "")
    chat.at += MINUTE
    chat.ok("bob", "say", "hi", False)
    assert chat.refused("carol", "say", "hi", False) == "muted"
    chat.ok("Op", "unmute", "Carol")
    chat.ok("carol", "say", "hi", False)
    assert chat.refused("Op", "unmute", "carol") == "no_such_user"


def test_another_name_does_not_help_a_muted_key() -> None:
    chat = order()
    chat.ok("Root", "mute", "bob", 0, "")
    chat.join("robert", key=key_of("bob"))
    assert chat.refused("robert", "say", "hi", False) == "muted"


# -- announcements and names ----------------------------------------------------------------------------------------


def test_an_announcement_is_a_message_of_public_apart_from_what_users_say() -> None:
    chat = order()
    chat.ok("bob", "say", "hi", False)
    effects = chat.ok("Root", "announce", "  the lab closes at six ")
    assert posted(effects, PUBLIC) == [Announcement(2, chat.at, "Root", "the lab closes at six")]
    assert notes(effects) == [("Root", "announce", "", "the lab closes at six")]


def test_release_frees_the_name_of_one_who_is_not_online() -> None:
    chat = order()
    assert chat.refused("Root", "release", "bob") == "name_in_use"
    chat.ok("bob", "exit")
    effects = chat.ok("Root", "release", "bob")
    assert notes(effects) == [("Root", "release", "bob", "")]
    assert of(SessionOpened, chat.join("bob", key=key_of("another"))) != []


def test_an_admins_name_never_falls_free() -> None:
    chat = order()
    chat.ok("Op", "exit")
    chat.at += 1000 * 24 * HOUR
    chat.prune()
    assert refusal_of(chat.join("op", key=key_of("eve"))).code == "name_owned"


@pytest.mark.parametrize("name", ["r00t", "ROOT.", "rooτ"])
def test_nobody_takes_a_name_like_an_admins_before_the_admin_has_come(name: str) -> None:
    chat = Chat(settings=ORDERS)
    assert refusal_of(chat.join(name)).code in ("name_lookalike", "bad_name")
    assert of(SessionOpened, chat.join("Root")) != []


# -- who is told ----------------------------------------------------------------------------------------------------


def test_all_admins_and_the_muted_are_told_of_an_act_and_nobody_else() -> None:
    chat = order()
    effects = chat.ok("Root", "mute", "bob", 60, "too loud")
    until = chat.at + 60 * SECOND
    for topic in ("user.root", "user.op", "user.bob"):
        (message,) = posted(effects, topic)
        assert isinstance(message, Moderated)
        assert message[2:] == ("mute", "bob", "Root", until, "too loud")
    assert posted(effects, "user.carol") == []
    assert posted(effects, PUBLIC) == []


def test_an_act_that_was_refused_is_not_noted() -> None:
    chat = order()
    assert of(Audited, chat.do("bob", "kick", "carol", "")) == []
    assert of(Audited, chat.do("Root", "kick", "Root", "")) == []


def test_the_list_of_bans_has_what_holds_in_order_of_time() -> None:
    chat = order()
    chat.ok("Root", "ban", "bob", False, 3600, "spam")
    chat.at += SECOND
    chat.ok("Op", "mute", "carol", 0, "")
    assert [(each.kind, each.name, each.by, each.until) for each in restraints(chat.state)] == [
        ("ban", "bob", "Root", chat.at - SECOND + HOUR),
        ("mute", "carol", "Op", None),
    ]
