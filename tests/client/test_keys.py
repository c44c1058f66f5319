"""A broker's key is pinned at first contact, and a changed one is refused until the user agrees to it."""

import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from zchat_client.keys import KnownBrokers, KnownContacts, identity_of
from zchat_common.errors import Code, ZchatError
from zchat_common.identity import DamagedKey
from zchat_common.introduction import fingerprint

KEY, OTHER = b"k" * 32, b"o" * 32
HOST, PORT = "192.0.2.7", 5555


@pytest.fixture
def brokers(tmp_path: Path) -> KnownBrokers:
    return KnownBrokers(tmp_path / "data" / "known_brokers")


def refused(brokers: KnownBrokers, accept: str | None = None, host: str = HOST) -> ZchatError:
    with pytest.raises(ZchatError) as error:
        brokers.check(host, PORT, OTHER, accept)
    return error.value


def test_first_contact_pins_the_key_and_says_so(brokers: KnownBrokers) -> None:
    assert not brokers.knows(HOST, PORT)
    assert brokers.check(HOST, PORT, KEY, None)
    assert brokers.knows(HOST, PORT)
    assert not brokers.check(HOST, PORT, KEY, None)


def test_the_pin_outlives_the_program(brokers: KnownBrokers) -> None:
    brokers.check(HOST, PORT, KEY, None)
    again = KnownBrokers(brokers.path)
    assert not again.check(HOST, PORT, KEY, None)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a thing of POSIX")
def test_nobody_else_may_write_it(brokers: KnownBrokers) -> None:
    brokers.check(HOST, PORT, KEY, None)
    assert stat.S_IMODE(brokers.path.stat().st_mode) == 0o600


def test_the_file_is_for_people_too(brokers: KnownBrokers) -> None:
    brokers.check(HOST, PORT, KEY, None)
    brokers.check("chat.example", 7777, OTHER, None)
    assert brokers.path.read_text() == f"192.0.2.7:5555 {KEY.hex()}\nchat.example:7777 {OTHER.hex()}\n"


def test_clients_that_meet_brokers_at_the_same_time_keep_each_others_pins(brokers: KnownBrokers) -> None:
    """Each is a KnownBrokers of its own, and they read before any of them has written."""
    begin = threading.Barrier(8)

    def meet(number: int) -> bool:
        begin.wait()
        return KnownBrokers(brokers.path).check(f"192.0.2.{number}", PORT, KEY, None)

    with ThreadPoolExecutor(8) as clients:
        assert all(clients.map(meet, range(8)))
    for number in range(8):
        assert not brokers.check(f"192.0.2.{number}", PORT, KEY, None)


def test_a_last_line_without_an_end_is_not_glued_to(brokers: KnownBrokers) -> None:
    brokers.path.parent.mkdir()
    brokers.path.write_text(f"{HOST}:{PORT} {KEY.hex()}")
    assert brokers.check("chat.example", PORT, OTHER, None)
    assert not brokers.check(HOST, PORT, KEY, None)
    assert not brokers.check("chat.example", PORT, OTHER, None)


def test_a_changed_key_is_refused_and_the_pin_stays(brokers: KnownBrokers) -> None:
    brokers.check(HOST, PORT, KEY, None)
    error = refused(brokers)
    assert error.code is Code.BROKER_KEY_CHANGED
    assert f"--accept-key {fingerprint(OTHER)}" in error.text
    refused(brokers)
    assert not brokers.check(HOST, PORT, KEY, None)


def test_a_changed_key_is_taken_when_its_fingerprint_is_named(brokers: KnownBrokers) -> None:
    brokers.check(HOST, PORT, KEY, None)
    refused(brokers, accept=fingerprint(KEY))
    refused(brokers, accept="")
    assert not brokers.check(HOST, PORT, OTHER, fingerprint(OTHER))
    assert not brokers.check(HOST, PORT, OTHER, None)
    with pytest.raises(ZchatError):
        brokers.check(HOST, PORT, KEY, None)


def test_a_broker_is_its_host_and_port(brokers: KnownBrokers) -> None:
    brokers.check(HOST, PORT, KEY, None)
    assert brokers.check(HOST, 6666, OTHER, None)
    assert brokers.check("::1", PORT, OTHER, None)
    assert not brokers.check("::1", PORT, OTHER, None)
    assert not brokers.check(HOST, PORT, KEY, None)


@pytest.mark.parametrize("pin", [KEY.hex()[:-2], "zz" * 32, KEY.hex() + " more"])
def test_a_damaged_pin_is_no_pin_that_fits(brokers: KnownBrokers, pin: str) -> None:
    """And no first contact either, which would take any key."""
    brokers.path.parent.mkdir()
    brokers.path.write_text(f"{HOST}:{PORT} {pin}\n")
    assert refused(brokers).code is Code.BROKER_KEY_CHANGED


def test_blank_lines_and_foreign_ones_are_passed_over(brokers: KnownBrokers) -> None:
    brokers.path.parent.mkdir()
    brokers.path.write_text(f"\n# mine\nnonsense\n  {HOST}:{PORT}   {KEY.hex()}  \n\n")
    assert brokers.knows(HOST, PORT)


def test_each_name_has_a_key_of_its_own(tmp_path: Path) -> None:
    alice = identity_of(tmp_path, "alice")
    assert identity_of(tmp_path, "alice") == alice
    assert identity_of(tmp_path, "bob") != alice
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["alice.key", "bob.key"]


def test_a_fingerprint_that_is_named_counts_at_first_contact_too(brokers: KnownBrokers) -> None:
    assert refused(brokers, accept=fingerprint(KEY)).code is Code.BROKER_KEY_CHANGED
    assert not brokers.knows(HOST, PORT)
    assert brokers.check(HOST, PORT, OTHER, fingerprint(OTHER))


# -- contacts ---------------------------------------------------------------------------------------------------------


def test_pins_of_brokers_that_cannot_be_read_are_not_taken_for_a_first_contact(brokers: KnownBrokers) -> None:
    brokers.path.parent.mkdir(parents=True)
    brokers.path.write_bytes(b"\xff")
    with pytest.raises(ZchatError) as error:
        brokers.check(HOST, PORT, KEY, None)
    assert error.value.code == Code.STORAGE_FAILED
    assert str(brokers.path) in error.value.text
    assert brokers.path.read_bytes() == b"\xff"


@pytest.fixture
def contacts(tmp_path: Path) -> KnownContacts:
    return KnownContacts(tmp_path / "data" / "contacts" / "127.0.0.1_5555" / "alice.keys")


def test_a_contact_s_key_outlives_the_program(contacts: KnownContacts) -> None:
    assert contacts.read() == {}
    contacts.keep({"bob": KEY})
    contacts.keep({"żółw": OTHER})
    assert KnownContacts(contacts.path).read() == {"bob": KEY, "żółw": OTHER}
    contacts.keep({"bob": OTHER})
    assert KnownContacts(contacts.path).read() == {"bob": OTHER, "żółw": OTHER}


def test_several_keys_are_kept_at_once_or_none_of_them(contacts: KnownContacts) -> None:
    contacts.keep({"bob": KEY, "carol": KEY})
    contacts.keep({"carol": OTHER, "dave": OTHER})
    assert contacts.read() == {"bob": KEY, "carol": OTHER, "dave": OTHER}
    with pytest.raises(AssertionError):
        contacts.keep({"erin": KEY, "two words": KEY})
    assert "erin" not in contacts.read()


@pytest.mark.parametrize("name", ["", f"eve {KEY.hex()}\nbob", "two words", "eve\u2028bob"])
def test_a_name_that_would_be_read_as_another_line_is_never_written(contacts: KnownContacts, name: str) -> None:
    contacts.keep({"bob": KEY})
    with pytest.raises(AssertionError):
        contacts.keep({name: OTHER})
    assert contacts.read() == {"bob": KEY}


def test_two_programs_keep_what_the_other_one_kept(contacts: KnownContacts) -> None:
    other = KnownContacts(contacts.path)
    contacts.keep({"bob": KEY})
    other.keep({"carol": OTHER})
    assert contacts.read() == {"bob": KEY, "carol": OTHER}


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a thing of POSIX")
def test_nobody_else_sees_whom_one_knows(contacts: KnownContacts) -> None:
    contacts.keep({"bob": KEY})
    assert stat.S_IMODE(contacts.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"bob\n", b"bob 00ff\n", b"bob " + b"zz" * 32, b" " + b"00" * 32, b"\n", KEY.hex().encode()],
)
def test_pins_that_cannot_be_read_are_not_taken_for_none(contacts: KnownContacts, content: bytes) -> None:
    contacts.path.parent.mkdir(parents=True)
    contacts.path.write_bytes(content)
    with pytest.raises(DamagedKey, match=str(contacts.path)):
        contacts.read()
    with pytest.raises(DamagedKey):
        contacts.keep({"bob": KEY})
    assert contacts.path.read_bytes() == content
