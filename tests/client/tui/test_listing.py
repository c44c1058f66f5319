import itertools

from zchat_client.events import PartyMembers
from zchat_client.tui import words
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.listing import Person, Ranks, beyond, conversations, people, strip
from zchat_client.tui.look import ASCII, Glyphs
from zchat_client.tui.painting import plain
from zchat_client.tui.textfit import width_of
from zchat_client.tui.writing import Refused

HERE = [Person("alice", "online", 0, ""), Person("Bob", "online", 0, ""), Person("carol", "away", 0, "tea")]


def shown(ranks: Ranks, glyphs: Glyphs = ASCII, width: int = 22) -> list[str]:
    return [plain(row).rstrip() for _, row in people(HERE, ranks, width, glyphs)]


def on_strip(listed: list[Conversation], open_key: str, width: int = 60) -> str:
    return "".join(plain(row) for _, row in strip(listed, open_key, width, ASCII))


def many(count: int) -> list[Conversation]:
    """Public, and whispers with so many people."""
    made = [Conversation("public", "public"), *[Conversation(f"@p{n}", f"@p{n}", f"p{n}") for n in range(2, count + 1)]]
    for number, each in enumerate(made, 1):
        each.number = number
    return made


def test_members_come_first_and_their_leader_is_marked() -> None:
    ranks = Ranks("alice", PartyMembers("Bob", ("Bob", "dave")), frozenset())
    assert shown(ranks)[:4] == [" Party (2)", " o Bob *", " . dave", ""]


def test_admins_are_marked_wherever_they_stand() -> None:
    ranks = Ranks("alice", PartyMembers("Bob", ("Bob", "dave")), frozenset({"Bob", "carol", "dave"}))
    rows = shown(ranks)
    assert rows[1:3] == [" o Bob * admin", " . dave admin"]
    assert [row for row in rows[4:] if "tea" not in row] == [
        " Here (3)",
        " o alice",
        " o Bob admin",
        " z carol admin",
    ]


def away(why: str) -> list[str]:
    """What stands below the name of somebody who is away."""
    return [
        plain(row) for _, row in people([Person("carol", "away", 0, why)], Ranks("", None, frozenset()), 22, ASCII)
    ][2:]


def test_why_somebody_is_away_is_read_on_two_rows_at_most() -> None:
    since = words.clock(0)
    assert away("") == [f"   since {since}"]
    assert away("tea") == [f"   {since} tea"]
    assert away("lunch with the team") == [f"   {since} lunch with", "   the team"]
    assert away("lunch with the whole team until two") == [f"   {since} lunch with", "   the whole team ..."]
    assert away("x" * 99) == [f"   {since} {'x' * 12}", f"   {'x' * 15}..."]
    assert all(width_of(row) <= 21 for row in away("名名" * 20))


def test_of_many_people_those_of_ones_party_come_first_then_who_is_here_then_who_is_away() -> None:
    here = [Person(f"p{n:03}", "away" if n % 10 == 0 else "online", 0, "") for n in range(200)]
    rows = people(here, Ranks("p003", PartyMembers("p007", ("p007", "p003", "p190")), frozenset()), 22, ASCII)
    names = [plain(row).split()[1] for _, row in rows if plain(row).startswith((" o ", " z "))]
    assert names[:3] == ["p007", "p003", "p190"]
    assert names[3:] == [each.name for each in here if each.status == "online"] + [
        each.name for each in here if each.status == "away"
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
    public.writing.draft = bob.writing.draft = "begun"
    bob.news.unread = 2
    assert on_strip([public, bob], "public") == " 1 public | 2 @bob ~ 2!"


def test_what_one_does_not_want_to_be_told_of_does_not_call() -> None:
    bob = Conversation("@bob", "@bob", "bob")
    bob.news.unread, bob.notify = 3, "off"
    (count,) = [piece for piece in conversations([bob], "public", 22, ASCII)[1][1] if piece.text == "3!"]
    assert count.style == "dim"


def test_a_text_refused_elsewhere_is_marked_as_one_that_was_begun_there() -> None:
    bob = Conversation("@bob", "@bob", "bob")
    bob.writing.refused.append(Refused("hello", "why"))
    assert on_strip([bob], "public").endswith("@bob ~")
    assert "@bob ~" in plain(conversations([bob], "public", 22, ASCII)[1][1])
    assert "~" not in on_strip([bob], "@bob")


def test_what_is_for_oneself_has_one_mark_wherever_it_was_said() -> None:
    public, bob = Conversation("public", "public"), Conversation("@bob", "@bob", "bob")
    carol = Conversation("@carol", "@carol", "carol")
    public.number, bob.number, carol.number = 1, 2, 3
    public.news.unread, bob.news.unread, bob.news.mentions = 4, 1, 1

    def rows() -> list[str]:
        return [plain(row).strip() for _, row in conversations([public, bob, carol], "", 16, ASCII)[1:]]

    assert rows() == ["1 public     4", "2 @bob      1!", "3 @carol"]
    public.news.mentions, bob.news.mentions, carol.news.unread = 1, 0, 100
    assert rows() == ["1 public    4!", "2 @bob      1!", "3 @carol  99+!"]


def test_the_strip_has_the_open_one_and_tells_a_sum_of_what_it_has_no_room_for() -> None:
    listed = many(12)
    assert on_strip(listed, "@p11") == " 1 public | 2 @p2 | 3 @p3 | 4 @p4 | 5 @p5 | @p11 | +6"
    assert on_strip(many(6), "@p6") == " 1 public | 2 @p2 | 3 @p3 | 4 @p4 | 5 @p5 | 6 @p6"
    listed[0].news.unread = 70
    assert on_strip(listed, "@p11", 22) == " @p11 | +11 | 70"


def test_on_the_strip_what_is_for_oneself_comes_before_what_is_unread_and_that_before_the_rest() -> None:
    listed = many(12)
    party = Conversation("party", "party")
    party.number = 13
    listed.append(party)
    listed[0].news.unread, listed[8].news.unread, party.news.unread = 7, 2, 5
    assert on_strip(listed, "@p11") == " 1 public 7 | 2 @p2 | 9 @p9 2! | @p11 | party 5 | +8"
    assert on_strip(listed, "@p11", 44) == " 1 public 7 | 9 @p9 2! | @p11 | +10 | 5"
    assert on_strip(listed, "@p11", 36) == " 9 @p9 2! | @p11 | +11 | 12"
    assert on_strip(listed, "@p11", 25) == " @p11 | +12 | 14!"


def test_the_parts_of_the_strip_have_the_keys_of_the_conversations_and_the_sum_has_none() -> None:
    parts = strip(many(12), "@p11", 40, ASCII)
    assert [key for key, _ in parts] == ["public", "@p2", "@p3", "@p11", ""]


def test_the_strip_is_not_wider_than_the_screen_and_the_open_one_is_always_seen() -> None:
    listed = many(30)
    for each in listed[::3]:
        each.title, each.news.unread = each.title + "名" * 9, 200
    for width, each in itertools.product(range(40, 90), listed):
        assert width_of(on_strip(listed, each.key, width)) <= width
        assert each.key in dict(strip(listed, each.key, width, ASCII))


def test_what_is_unread_beyond_the_list_is_told_as_a_sum() -> None:
    listed = many(5)
    assert beyond(listed, "v", 22) == []
    public = listed[0]
    public.news.unread = 60
    assert plain(beyond(listed, "v", 22)) == " v unread          60"
    listed[3].news.unread = 50
    assert plain(beyond(listed, "^", 22)) == " ^ unread        99+!"
    assert beyond(listed[1:3], "^", 22) == []
