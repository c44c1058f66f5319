"""What a person reads of each event."""

import re
from dataclasses import replace

import pytest

from zchat_client import events as e
from zchat_client.plain import PlainRenderer, wants_colours
from zchat_common.durations import local_words, utc_words

AT = 1_700_000_000_000
DAY = 24 * 3600 * 1000
ALICE, BOB = e.Member("Alice", "online"), e.Member("Bob", "away")
CONNECTED = e.Connected(
    at=AT, name="Alice", title="Lab", fingerprint="SHA256:x", first_contact=False, users=(ALICE, BOB), party=None
)


def message(text: str = "hi", *, topic: str = "public", action: bool = False, replayed: bool = False) -> e.Message:
    return e.Message(at=AT, topic=topic, seq=1, sender="Bob", text=text, action=action, replayed=replayed)


def whisper(sender: str, recipient: str, warning: str | None = None) -> e.Whisper:
    return e.Whisper(at=AT, seq=1, sender=sender, recipient=recipient, text="psst", replayed=False, warning=warning)


def renderer(*, colours: bool = False, bell: bool = False) -> PlainRenderer:
    """A renderer that has shown ``connected``."""
    found = PlainRenderer(colours, bell)
    found(CONNECTED)
    return found


def line(event: e.Event) -> str:
    """An event's line without its time."""
    shown = renderer()(event)
    assert shown is not None
    assert re.match(r"\d\d:\d\d ", shown)
    return shown[6:]


def test_a_line_begins_with_the_time() -> None:
    shown = renderer()(message())
    assert shown is not None
    assert re.fullmatch(r"\d\d:\d\d Bob: hi", shown)


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (message(), "Bob: hi"),
        (message(action=True), "* Bob hi"),
        (message(topic="party"), "[party] Bob: hi"),
        (message(topic="party", action=True), "[party] * Bob hi"),
        (whisper("Bob", "Alice"), "Bob whispers: psst"),
        (whisper("alice", "Bob"), "you whisper to Bob: psst"),
        (whisper("Bob", "Alice", "contact_key_changed"), "Bob whispers (another key!): psst"),
        (whisper("Alice", "Bob", "contact_key_changed"), "you whisper to Bob (another key!): psst"),
        (
            e.SafetyCode(at=AT, name="Bob", code="1 2 3 4"),
            "-- safety code of you and Bob; who sees another one has somebody in between\n        1 2\n        3 4",
        ),
        (
            e.Trusted(at=AT, name="Bob", code="1 2 3 4"),
            "-- you trust the key that Bob has now; the safety code is\n        1 2\n        3 4",
        ),
        (e.Presence(at=AT, name="Bob", status="online", since=AT, text=""), "-- Bob is here"),
        (e.Presence(at=AT, name="Bob", status="away", since=AT, text="lunch"), "-- Bob is away: lunch"),
        (e.Presence(at=AT, name="Bob", status="offline", since=AT, text=""), "-- Bob has gone"),
        (e.Delivered(at=AT, recipient="Bob", seq=1), "-- Bob has got your whisper"),
        (e.Who(at=AT, users=(ALICE, BOB)), "-- here: Alice, Bob (away)"),
        (e.Who(at=AT, users=()), "-- here: nobody"),
        (e.PartyWho(at=AT, leader="Bob", members=("Alice", "Bob")), "-- party: Alice, Bob (leader)"),
        (e.Who(at=AT, users=(ALICE, BOB), admins=("Bob",)), "-- here: Alice, Bob (admin, away)"),
        (replace(message("six o'clock"), announcement=True), "*** six o'clock (Bob announces)"),
        (
            e.Error(at=AT, code="muted", text=f"You are muted until {utc_words(AT)} (by Root)"),
            f"!! You are muted until {local_words(AT)} (by Root)",
        ),
        (
            e.Moderated(at=AT, act="mute", name="Bob", by="Root", until=AT),
            f"-- Root muted Bob until {local_words(AT)}",
        ),
        (
            e.Moderated(at=AT, act="mute", name="Bob", by="Root", until=None, reason="too loud"),
            "-- Root muted Bob: too loud",
        ),
        (e.Moderated(at=AT, act="unban", name="Bob", by="Root", until=None), "-- Root lifted the ban of Bob"),
        (e.Bans(at=AT, bans=()), "-- nobody is banned or muted"),
        (
            e.Bans(at=AT, bans=(e.Restraint("ban", "Bob", "Root", AT, None, "192.0.2.7", "spam"),)),
            "-- banned and muted:\n      ban Bob by Root (192.0.2.7): spam",
        ),
        (e.Ignored(at=AT, names=("Bob", "Eve")), "-- you ignore: Bob, Eve"),
        (e.Ignored(at=AT, names=()), "-- you ignore: nobody"),
        (e.Error(at=AT, code="usage", text="Usage: /r TEXT"), "!! Usage: /r TEXT"),
        (e.Lagged(at=AT, dropped=7), "!! 7 lines could not be shown in time"),
        (e.Reconnected(at=AT, replayed=0), "-- back again: nothing was missed"),
        (e.Reconnected(at=AT, replayed=1), "-- back again: 1 missed message"),
        (e.Reconnected(at=AT, replayed=2), "-- back again: 2 missed messages"),
        (e.Bye(at=AT, reason="exit"), "-- bye (exit)"),
        (e.History(at=AT, topic="party", messages=(), first=1), "-- no history of party"),
    ],
)
def test_an_event_reads_like_this(event: e.Event, shown: str) -> None:
    assert line(event) == shown


def test_connected_says_who_is_here_and_what_is_new() -> None:
    first = e.Connected(
        at=AT,
        name="Alice",
        title="Lab",
        fingerprint="SHA256:x",
        first_contact=True,
        users=(ALICE, BOB),
        party=e.PartyMembers("Bob", ("Bob", "Alice")),
    )
    shown = PlainRenderer(colours=False)(first)
    assert shown is not None
    for words in ("Alice", "Lab", "SHA256:x", "Bob (away)", "Bob (leader)"):
        assert words in shown
    assert "SHA256:x" not in (PlainRenderer(colours=False)(CONNECTED) or "")


@pytest.mark.parametrize(
    "change", ["created", "invited", "joined", "declined", "expired", "left", "kicked", "leader", "dissolved", "new"]
)
def test_every_change_of_a_party_is_told(change: str) -> None:
    shown = line(e.Party(at=AT, change=change, name="Bob", leader="Alice", members=("Alice",), reason="by Alice"))
    assert shown.startswith("-- ")
    assert shown.endswith("(by Alice)")
    assert "Bob" in shown or change == "dissolved"


def test_who_joins_is_told_whom_he_joins_and_others_who_joined() -> None:
    joined = e.Party(at=AT, change="joined", name="Alice", leader="Bob", members=("Bob", "Alice"))
    assert line(joined) == "-- Alice joined the party: Bob (leader), Alice"
    assert line(replace(joined, name="Carol")) == "-- Carol joined the party"


def test_an_invitation_says_how_to_answer_it() -> None:
    shown = line(e.Invited(at=AT, inviter="Bob", members=("Bob", "Carol")))
    for words in ("Bob", "Carol", "/party accept", "/party decline"):
        assert words in shown


def test_what_says_nothing_new_is_not_shown() -> None:
    assert renderer()(e.Sent(at=AT, topic="public", seq=1, typed="hi", id=1)) is None
    online = e.Sent(at=AT, topic="user", seq=1, typed="/w bob hi", id=1, recipient="Bob", delivery="online")
    assert renderer()(online) is None
    assert renderer()(e.Pending(at=AT, typed="hi", id=1)) is None


def test_a_stored_whisper_is_told() -> None:
    stored = e.Sent(at=AT, topic="user", seq=1, typed="/w bob hi", id=1, recipient="Bob", delivery="stored")
    assert "Bob" in line(stored)


def test_what_waits_for_the_broker_is_told_while_it_is_away() -> None:
    pending = e.Pending(at=AT, typed="hello", id=1)
    connecting = PlainRenderer(colours=False)
    assert connecting(pending) is None, "it may be there in a moment"
    connecting(e.Error(at=AT, code="broker_unreachable", text="No broker answers."))
    assert "hello" in (connecting(pending) or "")
    away = renderer()
    away(e.Disconnected(at=AT, reason="gone"))
    assert "hello" in (away(pending) or "")
    away(e.Reconnected(at=AT, replayed=0))
    assert away(pending) is None


def test_history_is_listed_with_times_of_its_own() -> None:
    event = e.History(at=AT, topic="public", messages=(message("one"), message("two", action=True)), first=1)
    head, *lines = line(event).splitlines()
    assert head == "-- history of public"
    assert [each.strip().split(" ", 3)[3] for each in lines] == ["Bob: one", "* Bob two"]


def test_help_lists_every_command() -> None:
    commands = (e.HelpLine("/who", "shows who is online"), e.HelpLine("/history [N]", "shows the last N"))
    shown = line(e.Help(at=AT, commands=commands))
    for command in commands:
        assert f"{command.usage.ljust(12)}  {command.does}" in shown


def test_lines_of_a_text_stay_one_below_the_other() -> None:
    assert line(message("one\ntwo\n\tthree")) == "Bob: one\n      two\n          three"


def test_missed_messages_stand_between_two_headings() -> None:
    show = renderer()
    shown = [
        show(message("old", replayed=True)),
        show(message("older", replayed=True)),
        show(message("new")),
        show(message("newer")),
    ]
    assert [(text or "").splitlines()[0][:11] for text in shown] == [
        *("-- earlier:", (shown[1] or "")[:11]),
        *("-- now:", (shown[3] or "")[:11]),
    ]
    assert [len((text or "").splitlines()) for text in shown] == [2, 1, 2, 1]


@pytest.mark.parametrize(
    "event",
    [
        e.Presence(at=AT, name="Bob", status="online", since=AT, text=""),
        e.Who(at=AT, users=(ALICE,)),
        e.Error(at=AT, code="usage", text="Usage: /w NAME TEXT"),
        e.Disconnected(at=AT, reason="gone"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_happens_now_does_not_stand_among_what_was_missed(event: e.Event) -> None:
    show = renderer()
    show(message("old", replayed=True))
    assert (show(event) or "").startswith("-- now:\n")
    assert not (show(message("new")) or "").startswith("--")


def test_news_of_a_party_may_have_been_missed_too() -> None:
    show = renderer()
    show(message("old", replayed=True))
    news = show(e.Party(at=AT, change="left", name="Bob", leader="Alice", members=("Alice",)))
    assert "-- now:" not in (news or "")


def test_the_line_of_a_first_contact_fits_a_terminal() -> None:
    event = replace(CONNECTED, first_contact=True, fingerprint="SHA256:" + "x" * 43)
    (shown,) = [each for each in line(event).splitlines() if "first contact" in each]
    assert len(shown) <= 80


def test_another_day_has_a_heading() -> None:
    show = renderer()
    tomorrow = e.Bye(at=AT + 2 * DAY, reason="exit")
    assert re.match(r"-- \w+day, \d\d \w+ 2023\n", show(tomorrow) or "")
    assert (show(tomorrow) or "").count("\n") == 0


@pytest.mark.parametrize(
    "event",
    [e.Error(at=AT, code="usage", text="a\x1b[2Jb\x07"), e.Pending(at=AT, typed="a\x1b[2Jb\x07", id=1)],
    ids=["error", "pending"],
)
def test_what_was_typed_is_shown_without_its_control_characters(event: e.Event) -> None:
    show = PlainRenderer(colours=False)
    show(e.Disconnected(at=AT, reason="gone"))
    shown = show(event)
    assert shown is not None
    assert "a\ufffd[2Jb\ufffd" in shown
    assert "\x1b" not in shown


# -- colours --------------------------------------------------------------------------------------------------------


def test_without_colours_there_is_no_escape_sequence() -> None:
    for event in (CONNECTED, message(), whisper("Bob", "Alice"), e.Error(at=AT, code="usage", text="no")):
        assert "\x1b" not in (renderer()(event) or "")


def test_a_name_has_one_colour_everywhere_and_one_s_own_is_bold() -> None:
    show = renderer(colours=True)
    in_public = show(message()) or ""
    in_party = show(message(topic="party")) or ""
    colour = re.search(r"\x1b\[(\d+)mBob\x1b\[0m", in_public)
    assert colour is not None
    assert colour[0] in in_party
    assert colour[0] in (PlainRenderer(colours=True)(message()) or "")
    assert "\x1b[1mAlice\x1b[0m" in (show(CONNECTED) or "")


@pytest.mark.parametrize(
    ("is_terminal", "environment", "wanted"),
    [
        (True, {"TERM": "xterm-256color"}, True),
        (False, {"TERM": "xterm-256color"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {}, False),
    ],
)
def test_colours_are_for_terminals_that_can_and_users_who_want(
    is_terminal: bool, environment: dict[str, str], wanted: bool
) -> None:
    assert wants_colours(is_terminal, environment) is wanted


# -- being meant ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Alice, look", "thanks alice", "@ALICE: look", "(alice) alice.", "ask alice?"])
def test_one_s_own_name_in_a_text_catches_the_eye_and_the_ear(text: str) -> None:
    shown = renderer(colours=True, bell=True)(message(text)) or ""
    assert re.search("\x1b\\[1;7m(?i:alice)\x1b\\[0m", shown)
    assert shown.startswith("\a")


@pytest.mark.parametrize("text", ["malice", "alice-2", "al ice", "alice.b", "alices", "_alice", "http://x/alice"])
def test_what_only_contains_one_s_name_does_not(text: str) -> None:
    shown = renderer(colours=True, bell=True)(message(text)) or ""
    assert "\x1b[1;7m" not in shown
    assert "\a" not in shown


def test_whispers_and_invitations_ring_when_they_come_and_for_whom_they_are() -> None:
    ring = [whisper("Bob", "Alice"), e.Invited(at=AT, inviter="Bob", members=("Bob",))]
    silent = [
        *(whisper("Alice", "Bob"), replace(whisper("Bob", "Alice"), replayed=True)),
        *(message("hi"), message("alice", replayed=True), replace(message("alice"), sender="ALICE")),
        e.Presence(at=AT, name="Bob", status="online", since=AT, text=""),
    ]
    for event in ring:
        assert (renderer(bell=True)(event) or "").startswith("\a")
        assert "\a" not in (renderer()(event) or ""), "only where somebody hears it"
    for event in silent:
        assert "\a" not in (renderer(bell=True)(event) or "")


# -- whoever runs the broker, or writes to the room -------------------------------------------------------------------


@pytest.mark.parametrize("at", [-(2**63), 2**63 - 1])
def test_a_time_that_no_calendar_has_is_shown_all_the_same(at: int) -> None:
    assert (renderer()(replace(message(), at=at)) or "").endswith("Bob: hi")


@pytest.mark.parametrize("words", ["{", "{0}", "{name.__class__}", "{other}", "%s"])
def test_what_a_broker_calls_a_change_or_an_act_is_no_pattern(words: str) -> None:
    party = e.Party(at=AT, change=words, name="Bob", leader="Bob", members=("Bob",), reason=None)
    assert words in line(party)
    moderated = e.Moderated(at=AT, act=words, name="Bob", by="Root", until=None, reason=None)
    assert words in line(moderated)


def test_no_text_can_look_like_several_messages_of_the_history() -> None:
    forged = message("hi\n14 Nov 22:13 Carol: I owe Bob 100")
    shown = line(e.History(at=AT, topic="public", messages=(forged, message("bye")), first=1)).splitlines()
    depths = [len(each) - len(each.lstrip()) for each in shown]
    assert depths == [0, 6, 12, 6]


def test_no_reason_can_look_like_another_ban() -> None:
    bans = [
        e.Restraint("ban", name, "Root", AT, None, "", reason)
        for name, reason in (("bob", "spam\nban carol by Root: worse"), ("dave", "no"))
    ]
    shown = line(e.Bans(at=AT, bans=tuple(bans))).splitlines()
    assert [len(each) - len(each.lstrip()) for each in shown] == [0, 6, 12, 6]
