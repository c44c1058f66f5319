from zchat_client.events import PartyMembers
from zchat_client.tui.conversation import Conversation, Refused
from zchat_client.tui.listing import Person, Ranks, conversations, people, strip
from zchat_client.tui.look import ASCII, Glyphs
from zchat_client.tui.painting import plain

HERE = [Person("alice", "online", 0, ""), Person("Bob", "online", 0, ""), Person("carol", "away", 0, "tea")]


def shown(ranks: Ranks, glyphs: Glyphs = ASCII, width: int = 22) -> list[str]:
    return [plain(row).rstrip() for _, row in people(HERE, ranks, width, glyphs)]


def test_members_come_first_and_their_leader_is_marked() -> None:
    ranks = Ranks("alice", PartyMembers("Bob", ("Bob", "dave")), frozenset())
    assert shown(ranks)[:4] == [" Party (2)", " o Bob *", " . dave", ""]


def test_admins_are_marked_wherever_they_stand() -> None:
    ranks = Ranks("alice", PartyMembers("Bob", ("Bob", "dave")), frozenset({"Bob", "carol", "dave"}))
    rows = shown(ranks)
    assert rows[1:3] == [" o Bob * admin", " . dave admin"]
    assert [row for row in rows[4:] if "since" not in row] == [
        " Here (3)",
        " o alice",
        " o Bob admin",
        " z carol admin",
    ]


def test_a_mark_fits_beside_a_long_name() -> None:
    ranks = Ranks("alice", None, frozenset({"n" * 32}))
    (_, row) = people([Person("n" * 32, "online", 0, "")], ranks, 22, Glyphs())[1]
    assert plain(row).endswith(" admin")
    assert len(plain(row)) <= 22


def test_nobody_is_shown_as_here_while_nothing_is_known() -> None:
    ranks = Ranks("alice", PartyMembers("Bob", ("Bob",)), frozenset())
    rows = people(HERE, ranks, 22, ASCII, 1_000)
    assert plain(rows[3][1]).startswith(" As of ")
    assert [plain(row) for _, row in rows if plain(row).startswith(" ?")] == [
        " ? Bob *",
        " ? alice",
        " ? Bob",
        " ? carol",
    ]
    assert {piece.style for _, row in rows for piece in row} == {"heading", "dim"}
    assert not any("?" in row for row in shown(ranks))


def test_the_strip_marks_what_was_begun_elsewhere() -> None:
    public, bob = Conversation("public", "public"), Conversation("@bob", "@bob", "bob")
    public.number, bob.number = 1, 2
    public.draft = bob.draft = "begun"
    bob.unread = 2
    assert plain(strip([public, bob], "public", ASCII)) == " 1 public | 2 @bob ~ 2!"


def test_a_text_refused_elsewhere_is_marked_as_one_that_was_begun_there() -> None:
    bob = Conversation("@bob", "@bob", "bob")
    bob.refused.append(Refused("hello", "why"))
    assert plain(strip([bob], "public", ASCII)).endswith("@bob ~")
    assert "@bob ~" in plain(conversations([bob], "public", 22, ASCII)[1][1])
    assert "~" not in plain(strip([bob], "@bob", ASCII))


def test_what_is_for_oneself_has_one_mark_wherever_it_was_said() -> None:
    public, bob = Conversation("public", "public"), Conversation("@bob", "@bob", "bob")
    carol = Conversation("@carol", "@carol", "carol")
    public.number, bob.number, carol.number = 1, 2, 3
    public.unread, bob.unread, bob.mentions = 4, 1, 1

    def rows() -> list[str]:
        return [plain(row).strip() for _, row in conversations([public, bob, carol], "", 16, ASCII)[1:]]

    assert rows() == ["1 public     4", "2 @bob      1!", "3 @carol"]
    public.mentions, bob.mentions, carol.unread = 1, 0, 100
    assert rows() == ["1 public    4!", "2 @bob      1!", "3 @carol  99+!"]
