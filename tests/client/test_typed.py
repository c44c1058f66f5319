"""What a user types, row by row of the contract's table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_client import typed as t
from zchat_client import typed_moderation as tm
from zchat_common.errors import Code, ZchatError

ROWS: list[tuple[str, t.Typed]] = [
    ("hello", t.Say("hello")),
    ("hello  world ", t.Say("hello  world")),
    ("1 / 2 is a half", t.Say("1 / 2 is a half")),
    ("two\nlines", t.Say("two\nlines")),
    ("/me waves", t.Say("waves", action=True)),
    ("/ME waves  a lot", t.Say("waves  a lot", action=True)),
    ("/w Bob hi there", t.WhisperTo("Bob", "hi there")),
    ("/whisper BOB hi", t.WhisperTo("BOB", "hi")),
    ("/msg bob  hi  ", t.WhisperTo("bob", "hi")),
    ("/w bob two\nlines", t.WhisperTo("bob", "two\nlines")),
    ("/w bob /not a command", t.WhisperTo("bob", "/not a command")),
    ("/r hi", t.WhisperTo(None, "hi")),
    ("/verify Bob", t.Verify("Bob")),
    ("/trust BOB", t.Trust("BOB")),
    ("/reply hi there", t.WhisperTo(None, "hi there")),
    ("/party invite Bob", t.PartyInvite("Bob")),
    ("/PARTY Invite bob", t.PartyInvite("bob")),
    ("/party   invite   bob", t.PartyInvite("bob")),
    ("/party accept", t.PartyAnswer(accept=True, inviter=None)),
    ("/party accept Bob", t.PartyAnswer(accept=True, inviter="Bob")),
    ("/party decline", t.PartyAnswer(accept=False, inviter=None)),
    ("/party decline Bob", t.PartyAnswer(accept=False, inviter="Bob")),
    ("/p psst", t.PartySay("psst")),
    ("/party leave", t.PartyLeave()),
    ("/party who", t.PartyWho()),
    ("/party kick Bob", t.PartyKick("Bob")),
    ("/party lead Bob", t.PartyLead("Bob")),
    ("/who", t.Who()),
    ("/list", t.Who()),
    ("/away", t.Away("")),
    ("/away for lunch", t.Away("for lunch")),
    ("/back", t.Back()),
    ("/history", t.History("public", 20)),
    ("/history 5", t.History("public", 5)),
    ("/history party", t.History("party", 20)),
    ("/history party 1000", t.History("party", 1000)),
    ("/ignore Bob", tm.Ignore("Bob")),
    ("/unignore bob", tm.Unignore("bob")),
    ("/ignored", tm.ListIgnored()),
    ("/kick Bob", tm.Kick("Bob", "")),
    ("/kick Bob for being rude ", tm.Kick("Bob", "for being rude")),
    ("/ban Bob", tm.Ban("Bob", False, 0, "")),
    ("/ban Bob spam and more", tm.Ban("Bob", False, 0, "spam and more")),
    ("/ban Bob for 1h", tm.Ban("Bob", False, 3600, "")),
    ("/ban Bob for 2d  spam", tm.Ban("Bob", False, 172_800, "spam")),
    ("/ban Bob for good", tm.Ban("Bob", False, 0, "for good")),
    ("/ban Bob address", tm.Ban("Bob", True, 0, "")),
    ("/BAN Bob ADDRESS FOR 30M spam", tm.Ban("Bob", True, 1800, "spam")),
    ("/unban Bob", tm.Unban("Bob")),
    ("/bans", tm.Bans()),
    ("/mute Bob", tm.Mute("Bob", 0, "")),
    ("/mute Bob for 1w too loud", tm.Mute("Bob", 604_800, "too loud")),
    ("/mute Bob too loud for 1w", tm.Mute("Bob", 0, "too loud for 1w")),
    ("/unmute Bob", tm.Unmute("Bob")),
    ("/announce the lab closes", tm.Announce("the lab closes")),
    ("/release Bob", tm.Release("Bob")),
    ("/help", t.Help()),
    ("/exit", t.Exit()),
    ("/quit", t.Exit()),
    ("  /quit  ", t.Exit()),
    ("//text", t.Say("/text")),
    ("//", t.Say("/")),
    ("///", t.Say("//")),
    ("//exit now", t.Say("/exit now")),
]

WRONG_USES = [
    *("/me", "/w", "/w bob", "/w  bob ", "/r", "/reply ", "/p", "/p  "),
    *("/verify", "/verify a b", "/trust", "/trust a b"),
    *("/party", "/party invite", "/party invite a b", "/party accept a b", "/party decline a b"),
    *("/party leave now", "/party who else", "/party kick", "/party kick a b", "/party lead"),
    *("/who now", "/list all", "/back again", "/help me", "/exit now", "/quit please"),
    *("/ignore", "/ignore a b", "/unignore", "/ignored by", "/kick", "/ban", "/unban", "/unban a b", "/bans now"),
    # A mistyped duration must not become a ban for good.
    *("/ban Bob for 10min", "/ban Bob for 1", "/ban Bob address for 5x spam", "/mute Bob for 0h", "/mute"),
    *("/unmute", "/announce", "/announce  ", "/release", "/release a b"),
    *("/history x", "/history 0", "/history -1", "/history 1001", "/history 5 5", "/history party x", "/history ٣"),
    *("/history 99999999999999999999", "/history 5 party", "/history 2.5", "/history +5"),
]


def refused(line: str) -> ZchatError:
    with pytest.raises(ZchatError) as error:
        t.parse(line)
    return error.value


@pytest.mark.parametrize(("line", "meant"), ROWS, ids=[line for line, _ in ROWS])
def test_each_row_of_the_contract_is_understood(line: str, meant: t.Typed) -> None:
    assert t.parse(line) == meant


@pytest.mark.parametrize("line", ["", " ", "\t", "\n", "   \r\n"])
def test_blanks_ask_for_nothing(line: str) -> None:
    assert t.parse(line) is None


@pytest.mark.parametrize("line", WRONG_USES)
def test_a_wrong_use_says_how_it_is_typed(line: str) -> None:
    error = refused(line)
    assert error.code is Code.USAGE
    assert error.text.startswith("Usage: ")
    word = line.split()[0]
    assert word in error.text or word in ("/reply", "/list", "/quit", "/w")


def test_the_usage_is_that_of_the_command() -> None:
    assert refused("/party kick").text == "Usage: /party kick NAME"
    assert refused("/list all").text == "Usage: /who"
    assert refused("/party").text.count("/party ") == 7
    assert refused("/history 0").text == "Usage: /history [party] [N], with N from 1 to 1000"


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("/wisper bob hi", "/whisper"),
        ("/histroy", "/history"),
        ("/exti", "/exit"),
        ("/hepl", "/help"),
        ("/party invit bob", "/party invite"),
        ("/party kik bob", "/party kick"),
        ("/PARTY LEEVE", "/party leave"),
        ("/prty invite bob", "/party"),
        ("/invite bob", "/party invite"),
        ("/leave", "/party leave"),
        ("/lst", "/list"),
    ],
)
def test_an_unknown_command_suggests_the_nearest(line: str, nearest: str) -> None:
    error = refused(line)
    assert error.code is Code.UNKNOWN_COMMAND
    assert f"Did you mean {nearest}?" in error.text


def test_an_unknown_command_that_is_near_to_nothing_names_the_help() -> None:
    error = refused("/xyzzy42 now")
    assert error.code is Code.UNKNOWN_COMMAND
    assert "/help" in error.text
    assert "//xyzzy42" in error.text


@pytest.mark.parametrize("word", ["/theme", "/foo", "/join", "/topic", "/close", "/x", "/quite-long", "/users"])
def test_what_is_far_from_every_command_suggests_none(word: str) -> None:
    assert (
        refused(f"{word} bar").text == f"There is no command {word}. /help lists all commands. To say it, type /{word}"
    )


def test_an_admins_command_is_suggested_to_admins_alone() -> None:
    assert "Did you mean" not in refused("/nick joe").text
    with pytest.raises(ZchatError, match="Did you mean /announce"):
        t.parse("/anounce hello", for_admin=True)
    assert t.parse("/kick Bob") == tm.Kick("Bob", ""), "the broker decides who may"


@pytest.mark.parametrize("line", ["/", "/ hello", "/\tme", "/usr/bin/python"])
def test_a_slash_alone_or_a_path_is_no_command_and_is_not_said(line: str) -> None:
    assert refused(line).code is Code.UNKNOWN_COMMAND


@given(st.text(max_size=40) | st.text(max_size=20).map(lambda rest: f"/{rest}"))
def test_whatever_is_typed_is_understood_or_refused(line: str) -> None:
    try:
        meant = t.parse(line)
    except ZchatError as error:
        assert error.code in (Code.USAGE, Code.UNKNOWN_COMMAND)  # noqa: PT017
        assert line.strip().startswith("/")
        return
    assert (meant is None) == (not line.strip())


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.strip() == text and not text.startswith("/")))
def test_what_does_not_begin_with_a_slash_is_said_as_it_is(text: str) -> None:
    assert t.parse(text) == t.Say(text)
    assert t.parse(f"//{text}") == t.Say(f"/{text}")
    assert t.parse(f"/me {text}") == t.Say(text, action=True)


def test_what_admins_type_is_listed_for_admins_only() -> None:
    for_all, for_admins = (tuple(line.usage for line in t.help_lines(who)) for who in (False, True))
    assert for_admins[: len(for_all)] == for_all
    words = "/kick /ban /unban /bans /mute /unmute /announce /release"
    assert [usage.split()[0] for usage in for_admins[len(for_all) :]] == words.split()


def test_the_help_names_every_command_with_what_it_does() -> None:
    lines = t.help_lines(for_admin=True)
    assert all(line.usage.startswith("/") and line.does for line in lines)
    usages = [line.usage for line in lines]
    assert len(set(usages)) == len(usages)
    for usage in usages:
        required = [word for word in usage.split() if not word.startswith("[")]
        example = " ".join("x" if word.isupper() else word for word in required)
        assert t.parse(example) is not None, usage
