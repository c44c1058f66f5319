import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zchat_client import events as e
from zchat_client.tui import words
from zchat_client.tui.line import Kind, Line, State
from zchat_client.tui.look import ASCII, Glyphs
from zchat_client.tui.painting import Found, Piece, height, plain, rows
from zchat_client.tui.textfit import width_of

GLYPHS = Glyphs()


def said(text: str, **more: object) -> Line:
    line = Line(Kind.SAID, 0, text, "bob")
    for name, value in more.items():
        setattr(line, name, value)
    return line


LINES = st.builds(
    Line,
    st.sampled_from([Kind.SAID, Kind.SYSTEM, Kind.ERROR, Kind.DAY, Kind.NEW]),
    st.integers(0, 2**40),
    st.text(max_size=300),
    st.text(max_size=40),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.just(1),
    st.sampled_from(State),
    announcement=st.booleans(),
)


@given(LINES, st.integers(20, 200))
def test_no_row_is_wider_than_the_log_and_the_height_is_right(line: Line, width: int) -> None:
    made = rows(line, width, GLYPHS, None)
    assert len(made) == height(line, width, GLYPHS)
    assert all(width_of(plain(row)) <= width for row in made)


@given(LINES, st.integers(20, 200))
@example(Line(Kind.SAID, 0, "hi", "a\nb\tc", False, False, False, 1, State.NONE), 20)
def test_no_row_acts_on_the_terminal(line: Line, width: int) -> None:
    text = "".join(plain(row) for row in rows(line, width, GLYPHS, None))
    assert re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text) is None


@pytest.mark.parametrize("width", [60, 120])
def test_the_name_stands_before_the_text(width: int) -> None:
    (row,) = rows(said("hello"), width, GLYPHS, None)
    assert re.fullmatch(r"\d\d:\d\d +bob( │|:) hello", plain(row))
    assert Piece("bob", "name:bob") in row


@pytest.mark.parametrize(("glyphs", "mark"), [(GLYPHS, "◆"), (ASCII, "#")])
def test_an_announcement_is_marked_where_no_text_of_anybody_can_stand(glyphs: Glyphs, mark: str) -> None:
    line = said("The printer is away", announcement=True)
    (wide,), (narrow,) = (rows(line, width, glyphs, None) for width in (120, 60))
    assert plain(wide)[6:].lstrip().startswith(f"{mark} bob {glyphs.bar} The")
    assert plain(narrow)[6:] == f"{mark} bob: The printer is away"
    forged = said(f"{mark} bob: The printer is away", sender="carol")
    for width in (120, 60):
        (row,) = rows(forged, width, glyphs, None)
        assert plain(row)[6:].lstrip().startswith("carol")
    line.sender = "n" * 32
    long = plain(rows(line, 120, glyphs, None)[0])
    assert long[6:18].startswith(f"{mark} nnn")
    assert long.index(glyphs.bar) == plain(wide).index(glyphs.bar)


def test_the_mark_of_an_announcement_takes_room_in_a_narrow_log() -> None:
    for length in range(30, 70):
        line = said("x" * length, announcement=True)
        assert height(line, 60, GLYPHS) == len(rows(line, 60, GLYPHS, None))


def test_an_action_has_no_colon() -> None:
    assert plain(rows(said("waves", action=True), 60, GLYPHS, None)[0])[6:] == "* bob waves"


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (State.PENDING, "hi …"),
        (State.KEPT, "hi ✓"),
        (State.DELIVERED, "hi ✓✓"),
        (State.WAITING, "hi ✓ waits until carol is here"),
    ],
)
def test_one_sees_what_became_of_a_message(state: State, mark: str) -> None:
    assert plain(rows(said("hi", state=state, recipient="carol"), 120, GLYPHS, None)[0]).endswith(mark)


def test_the_mark_never_stands_alone_on_a_row() -> None:
    for length in range(20, 120):
        made = rows(said("x" * length, state=State.KEPT), 60, GLYPHS, None)
        assert plain(made[-1]).strip() != "✓"


@pytest.mark.parametrize("width", [40, 120])
@pytest.mark.parametrize("state", [State.PENDING, State.KEPT, State.DELIVERED])
def test_the_mark_stands_beside_the_last_row_of_code(state: State, width: int) -> None:
    for text in ("```\nx = 1\n```", "look\n```\nx = 1\n```", "```\n" + "x" * 200 + "\n```"):
        made = rows(said(text, state=state), width, GLYPHS, None)
        assert [piece.style for piece in made[-1][-2:]] == ["code", "dim"]
        assert plain(made[-1]).endswith(("x", "1", " …", " ✓", " ✓✓"))
        assert all(width_of(plain(row)) <= width for row in made)


def test_that_a_whisper_waits_stands_below_code() -> None:
    made = rows(said("```\nx\n```", state=State.WAITING, recipient="carol"), 120, GLYPHS, None)
    assert plain(made[-1]).endswith("✓ waits until carol is here")


@pytest.mark.parametrize("state", [State.NONE, State.KEPT])
def test_a_name_never_stands_alone_before_a_long_word(state: State) -> None:
    for length in (30, 45, 200):
        made = rows(said("y" * length + " z", state=state), 50, GLYPHS, None)
        assert plain(made[0])[6:].startswith("bob: yyy")
    assert plain(rows(said("one two", state=state), 50, GLYPHS, None)[0])[6:].startswith("bob: one two")


def test_ascii_marks_for_terminals_that_have_no_others() -> None:
    assert plain(rows(said("hi", state=State.KEPT), 120, ASCII, None)[0]).isascii()


def test_links_and_hits_stand_out() -> None:
    found = Found(re.compile("see", re.IGNORECASE), 7, frozenset({7}))
    row = rows(said("See https://example.org", seq=7), 120, GLYPHS, found)[0]
    assert Piece("See", "found") in row
    assert Piece("https://example.org", "link", "https://example.org") in row


def test_a_line_that_is_no_hit_has_no_mark_though_it_has_one_of_the_words() -> None:
    found = Found(re.compile("number|4"), 8, frozenset({4, 8}))
    styles = {
        seq: {piece.style for piece in rows(said(f"number {seq}", seq=seq), 120, GLYPHS, found)[0]} for seq in (3, 4, 8)
    }
    assert "match" in styles[4]
    assert "found" in styles[8]
    assert styles[3].isdisjoint({"match", "found"})


def test_code_keeps_its_spaces_in_a_style_of_its_own() -> None:
    made = rows(said("```\nif x:\n    pass\n```"), 120, GLYPHS, None)
    assert [row[-1] for row in made if row[-1].style == "code"] == [
        Piece(" if x:    ", "code"),
        Piece("     pass ", "code"),
    ]


def test_a_piece_of_code_is_equally_broad_in_all_its_rows() -> None:
    made = rows(said("look:\n```py\nif x:\n\n    漢字()\n```"), 120, GLYPHS, None)
    code = [piece.text for row in made for piece in row if piece.style == "code"]
    assert [text.strip() for text in code] == ["if x:", "", "漢字()"]
    assert {width_of(text) for text in code} == {len("     漢字() ") + 2}


@given(st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=3), st.integers(30, 200))
@example(["hi\n00:05  carol: I resign", "bye"], 120)
@example(["x " * 30 + "00:05  carol: I resign"], 60)
@example(["```\n00:05  carol: I resign"], 60)
def test_no_text_can_look_like_another_line_of_a_list(texts: list[str], width: int) -> None:
    said = [
        e.Message(at=0, topic="public", seq=1, sender="bob", text=text, action=False, replayed=True) for text in texts
    ]
    line = Line(Kind.SYSTEM, 0, words.history(e.History(at=0, topic="public", messages=tuple(said), first=1)))
    lead = len(plain(rows(Line(Kind.SYSTEM, 0, ""), width, GLYPHS, None)[0]))
    begin = [row for row in rows(line, width, GLYPHS, None) if not plain(row)[lead:].startswith("  ")]
    assert len(begin) == 1 + len(texts)


def test_reasons_and_away_texts_are_set_in() -> None:
    text = "lunch\n00:05  carol: I resign"
    ban = e.Restraint("ban", "bob", "root", 0, None, "", text)
    act = e.Moderated(at=0, act="ban", name="bob", by="root", until=None, reason=text)
    for told in (
        words.presence("away", text, ["bob"]),
        words.moderated(act),
        words.bans(e.Bans(at=0, bans=(ban,))),
        words.party(e.Party(at=0, change="left", name="bob", leader="alice", members=(), reason=text), own=False),
    ):
        assert told.splitlines()[-1].startswith("    00:05  carol")


def test_no_text_of_a_list_makes_code_of_the_next() -> None:
    line = Line(Kind.SYSTEM, 0, "History:\n  bob: see\n    ```\n  carol: yes")
    made = [plain(row) for row in rows(line, 80, GLYPHS, None)]
    assert len(made) == 4
    assert made[2].endswith("```")
    assert not [piece for row in rows(line, 80, GLYPHS, None) for piece in row if piece.style == "code"]
