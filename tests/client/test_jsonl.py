"""Every event as JSON has the fields of the contract, and no others that it does not allow for."""

import json
from dataclasses import replace
from typing import Any

import pytest

from zchat_client import events as e
from zchat_client.jsonl import iso_time, json_line

AT = 1_700_000_000_001
STAMP = "2023-11-14T22:13:20.001Z"
ALICE, BOB = e.Member("Alice", "online"), e.Member("Bob", "away")
MESSAGE = e.Message(at=AT, topic="public", seq=3, sender="Alice", text="hi", action=False, replayed=True)
PARTY = e.PartyMembers("Alice", ("Alice", "Bob"))
SENT = e.Sent(at=AT, topic="public", seq=3, typed="hi", id=1)

MESSAGE_OBJECT = {
    "event": "message",
    "at": STAMP,
    "topic": "public",
    "seq": 3,
    "sender": "Alice",
    "text": "hi",
    "action": False,
    "replayed": True,
}

# The contract's table; what it leaves open ("fields beyond these may be added") stands behind the comment.
EVENTS: list[tuple[e.Event, dict[str, Any]]] = [
    (
        e.Connected(
            at=AT,
            name="Alice",
            title="Lab",
            fingerprint="SHA256:x",
            first_contact=True,
            users=(ALICE, BOB),
            party=PARTY,
        ),
        {
            "event": "connected",
            "name": "Alice",
            "title": "Lab",
            "fingerprint": "SHA256:x",
            "first_contact": True,
            "users": [{"name": "Alice", "status": "online"}, {"name": "Bob", "status": "away"}],
            "party": {"leader": "Alice", "members": ["Alice", "Bob"]},
        },
    ),
    (
        e.Connected(at=AT, name="A", title="", fingerprint="", first_contact=False, users=(), party=None),
        {
            "event": "connected",
            "name": "A",
            "title": "",
            "fingerprint": "",
            "first_contact": False,
            "users": [],
            "party": None,
        },
    ),
    (e.Disconnected(at=AT, reason="gone"), {"event": "disconnected", "reason": "gone"}),
    (e.Reconnected(at=AT, replayed=0), {"event": "reconnected", "replayed": 0}),
    (MESSAGE, MESSAGE_OBJECT),
    (
        e.Whisper(at=AT, seq=4, sender="Alice", recipient="Bob", text="psst", replayed=False, stored=True),
        {
            "event": "whisper",
            "seq": 4,
            "sender": "Alice",
            "recipient": "Bob",
            "text": "psst",
            "replayed": False,
            "stored": True,  # beyond the contract
        },
    ),
    (
        e.Whisper(
            at=AT, seq=4, sender="Bob", recipient="Alice", text="psst", replayed=False, warning="contact_key_changed"
        ),
        {
            "event": "whisper",
            "seq": 4,
            "sender": "Bob",
            "recipient": "Alice",
            "text": "psst",
            "replayed": False,
            "stored": False,  # beyond the contract
            "warning": "contact_key_changed",  # beyond the contract
        },
    ),
    # Beyond the contract:
    (e.SafetyCode(at=AT, name="Bob", code="00001 2"), {"event": "safety_code", "name": "Bob", "code": "00001 2"}),
    (e.Trusted(at=AT, name="Bob", code="00001 2"), {"event": "trusted", "name": "Bob", "code": "00001 2"}),
    (SENT, {"event": "sent", "topic": "public", "seq": 3, "typed": "hi", "id": 1}),
    (
        e.Sent(at=AT, topic="user", seq=3, typed="/w bob hi", id=1, recipient="Bob", delivery="stored"),
        {
            "event": "sent",
            "topic": "user",
            "seq": 3,
            "typed": "/w bob hi",
            "id": 1,
            "recipient": "Bob",
            "delivery": "stored",
        },
    ),
    (
        replace(MESSAGE, announcement=True),
        MESSAGE_OBJECT | {"announcement": True},  # beyond the contract, like the next four
    ),
    (
        e.Who(at=AT, users=(ALICE,), admins=("Alice",)),
        {
            "event": "who",
            "users": [{"name": "Alice", "status": "online"}],
            "admins": ["Alice"],
        },
    ),
    (
        e.Moderated(at=AT, act="mute", name="Bob", by="Root", until=AT, reason="too loud"),
        {"event": "moderated", "act": "mute", "name": "Bob", "by": "Root", "until": STAMP, "reason": "too loud"},
    ),
    (
        e.Bans(at=AT, bans=(e.Restraint("ban", "Bob", "Root", AT, None, "192.0.2.7", ""),)),
        {
            "event": "bans",
            "bans": [
                {
                    "kind": "ban",
                    "name": "Bob",
                    "by": "Root",
                    "since": STAMP,
                    "until": None,
                    "address": "192.0.2.7",
                    "reason": "",
                }
            ],
        },
    ),
    (e.Ignored(at=AT, names=("Bob",)), {"event": "ignored", "names": ["Bob"]}),
    (
        e.Presence(at=AT, name="Bob", status="away", since=AT, text="lunch"),
        {"event": "presence", "name": "Bob", "status": "away", "since": STAMP, "text": "lunch"},
    ),
    (e.Delivered(at=AT, recipient="Bob", seq=4), {"event": "delivered", "recipient": "Bob", "seq": 4}),
    (e.Pending(at=AT, typed="hi", id=1), {"event": "pending", "typed": "hi", "id": 1}),
    (
        e.Invited(at=AT, inviter="Alice", members=("Alice",)),
        {"event": "invited", "inviter": "Alice", "members": ["Alice"]},
    ),
    (
        e.Party(at=AT, change="kicked", name="Bob", leader="Alice", members=("Alice",), reason="by Alice"),
        {
            "event": "party",
            "change": "kicked",
            "name": "Bob",
            "leader": "Alice",
            "members": ["Alice"],
            "reason": "by Alice",
        },
    ),
    (
        e.Party(at=AT, change="dissolved", name="Bob", leader="", members=(), place=e.Place("user", 4)),
        {"event": "party", "change": "dissolved", "name": "Bob", "leader": "", "members": []},
    ),
    (e.Who(at=AT, users=(BOB,)), {"event": "who", "users": [{"name": "Bob", "status": "away"}]}),
    (
        e.PartyWho(at=AT, leader="Bob", members=("Bob", "Alice")),
        {"event": "party_who", "leader": "Bob", "members": ["Bob", "Alice"]},
    ),
    (
        e.History(at=AT, topic="public", messages=(MESSAGE,), first=2),
        {"event": "history", "topic": "public", "messages": [MESSAGE_OBJECT], "first": 2},
    ),
    (
        e.Help(at=AT, commands=(e.HelpLine("/who", "shows who is online"),)),
        {"event": "help", "commands": [{"usage": "/who", "does": "shows who is online"}]},
    ),
    (e.Lagged(at=AT, dropped=7), {"event": "lagged", "dropped": 7}),
    (e.Error(at=AT, code="bad_name", text="No."), {"event": "error", "code": "bad_name", "text": "No."}),
    (
        e.Error(at=AT, code="rate_limited", text="No.", typed="hi", id=1, retry_after_s=1.5),
        {"event": "error", "code": "rate_limited", "text": "No.", "typed": "hi", "id": 1, "retry_after_s": 1.5},
    ),
    (e.Bye(at=AT, reason="exit"), {"event": "bye", "reason": "exit"}),
]


@pytest.mark.parametrize(("event", "fields"), EVENTS, ids=lambda value: type(value).__name__)
def test_an_event_has_exactly_the_fields_of_the_contract(event: e.Event, fields: dict[str, Any]) -> None:
    assert json.loads(json_line(event)) == {"at": STAMP, **fields}


def test_every_event_has_its_line() -> None:
    assert {type(event) for event, _ in EVENTS} == {
        value for value in vars(e).values() if isinstance(value, type) and issubclass(value, e.Event)
    } - {e.Event}


def test_a_line_is_one_line_whatever_the_text() -> None:
    line = json_line(e.Error(at=AT, code="usage", text='two\nlines, a "quote", \\ and \x1b[2J'))
    assert "\n" not in line
    assert "\x1b" not in line
    assert json.loads(line)["text"] == 'two\nlines, a "quote", \\ and \x1b[2J'


def test_letters_of_all_languages_stay_readable() -> None:
    assert "żółw 👋" in json_line(e.Disconnected(at=AT, reason="żółw 👋"))


@pytest.mark.parametrize(
    ("at", "stamp"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (1_700_000_000_000, "2023-11-14T22:13:20.000Z"),
        (4_102_444_800_123, "2100-01-01T00:00:00.123Z"),
    ],
)
def test_times_are_iso_8601_in_utc_with_milliseconds(at: int, stamp: str) -> None:
    assert iso_time(at) == stamp


def test_no_millisecond_is_lost_to_rounding() -> None:
    for at in range(1_799_999_999_000, 1_800_000_000_000):
        assert iso_time(at).endswith(f".{at % 1000:03}Z")


@pytest.mark.parametrize("at", [-(2**63), 2**63 - 1])
def test_a_time_that_no_calendar_has_is_shown_all_the_same(at: int) -> None:
    assert len(iso_time(at)) == len(STAMP)
