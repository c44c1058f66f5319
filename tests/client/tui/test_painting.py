import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zchat_client.tui.conversation import Kind, Line, State
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
