"""Who is let in gets his keys, and who is banned has none that open anything."""

from pathlib import Path

from tests.broker.hub.guests import UNLIMITED, Broker, Guest, code_of, guest
from zchat_broker.door import Door, Issued, codes_folder, digest_of, leave_code
from zchat_broker.rules import Settings
from zchat_common import messages as m
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.sealing import OpeningKey

# -- access -----------------------------------------------------------------------------------------------------------


INVITED = UNLIMITED._replace(settings=Settings(invited_only=True))


def test_a_code_that_was_just_made_lets_its_user_in_and_its_file_goes_when_it_is_kept(tmp_path: Path) -> None:
    broker = Broker(INVITED, door=Door(None, codes_folder(tmp_path)))
    path = leave_code(codes_folder(tmp_path), Issued(digest_of("1234"), broker.now.at + 1_000_000, "for alice"))
    alice = Guest(broker, "Alice")
    assert code_of(alice.register()) == "access_denied"
    broker.disk.is_full = True
    (reply,) = alice.send(m.Register(PROTOCOL_VERSION, "Alice", 1, False, "12-34"))
    assert code_of(reply) == "storage_failed"
    broker.disk.is_full = False
    assert path.exists()
    (reply,) = alice.send(m.Register(PROTOCOL_VERSION, "Alice", 1, False, "12-34"))
    assert isinstance(reply, m.Registered)
    broker.wait(1.0)
    assert not path.exists()
    assert [entry.act for entry in broker.disk.audit()] == ["invite", "admit"]


def test_a_code_is_taken_in_without_anybody_using_it(tmp_path: Path) -> None:
    broker = Broker(INVITED, door=Door(None, codes_folder(tmp_path)))
    path = leave_code(codes_folder(tmp_path), Issued(digest_of("1234"), broker.now.at + 1_000_000, ""))
    late = leave_code(codes_folder(tmp_path), Issued(digest_of("5678"), broker.now.at, ""))
    broker.wait(1.5)
    assert (path.exists(), late.exists()) == (False, False)
    assert list(broker.state.codes) == [digest_of("1234")]


def test_a_listed_key_is_let_in(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(b"alice".ljust(32, b"\0").hex())
    broker = Broker(INVITED, door=Door(tmp_path / "keys"))
    assert isinstance(Guest(broker, "Alice").register(), m.Registered)
    assert code_of(Guest(broker, "Eve").register()) == "access_denied"


# -- bans -------------------------------------------------------------------------------------------------------------


def test_after_a_ban_the_old_key_opens_nothing_more_and_everybody_else_reads_on() -> None:
    broker = Broker(UNLIMITED._replace(settings=Settings(admins=("root",))))
    root, bob, eve = (guest(broker, name) for name in ("Root", "Bob", "Eve"))
    out = broker.turn(
        *bob.arrives(bob.command("say", "before", False)), *root.arrives(root.command("ban", "eve", False, 0, "spam"))
    )
    frames = out.frames
    frames += broker.turn(*bob.arrives(bob.command("say", "after", False))).frames
    assert [message.text for message in eve.reads(frames) if isinstance(message, m.Say)] == ["before"]
    (new,) = [message for message in bob.reads(out.frames) if isinstance(message, m.NewKey)]
    bob.keys = {new.key.number: OpeningKey(new.key)}
    assert [message.text for message in bob.reads(frames) if isinstance(message, m.Say)] == ["after"]
    assert code_of(eve.say("still here?")) == "no_session"
    assert code_of(eve.register()) == "access_denied"
    broker.restart()
    broker.turn()
    assert code_of(eve.register()) == "access_denied"
