"""The rows of the side panes and of the one-line strip. Knows no widget."""

from collections.abc import Iterable
from typing import NamedTuple

from zchat_client.core.roster import name_key
from zchat_client.events import PartyMembers
from zchat_client.tui import words
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.look import Glyphs
from zchat_client.tui.painting import Piece, Row
from zchat_client.tui.textfit import cut, one_line, width_of

Rows = list[tuple[str, Row]]


class Person(NamedTuple):
    """Somebody as the people pane shows him."""

    name: str
    status: str
    since: int
    text: str


class Ranks(NamedTuple):
    """Who is more than somebody: oneself, the members of one's party, those who keep order."""

    own: str
    party: PartyMembers | None
    admins: frozenset[str]


def conversations(listed: list[Conversation], open_key: str, width: int, glyphs: Glyphs) -> Rows:
    """The conversations, with unread counts, mentions and drafts."""
    rows: Rows = [("", [Piece(" Conversations", "heading")])]
    for each in listed:
        count = _count(each)
        draft = f" {glyphs.draft}" if each.has_begun and each.key != open_key else ""
        label = f"{each.number} " if each.number < 10 else "  "
        room = width - 2 - len(label) - len(count) - width_of(draft) - 1
        name = cut(one_line(each.title), max(3, room), glyphs.more)
        pad = " " * max(0, room - width_of(name))
        style = "unread" if each.unread else "base"
        row = [Piece(" "), Piece(label, "dim"), Piece(name, style), Piece(draft, "dim"), Piece(pad + " ")]
        row.append(Piece(count, "alert" if is_for_one(each) else "count"))
        if each.key == open_key:
            row.append(Piece("", "selected"))
        rows.append((each.key, row))
    return rows


def strip(listed: list[Conversation], open_key: str, glyphs: Glyphs) -> Row:
    """All conversations on one line: ``1 public ✎ · 2 @bob 3 · 3 party !``."""
    parting = between(glyphs)
    row: Row = [Piece(" ")]
    for each in listed:
        if each is not listed[0]:
            row.append(parting)
        row.append(Piece(f"{each.number} ", "dim"))
        is_open = each.key == open_key
        row.append(
            Piece(cut(one_line(each.title), 14, glyphs.more), "own" if is_open else "unread" if each.unread else "base")
        )
        if each.has_begun and not is_open:
            row.append(Piece(f" {glyphs.draft}", "dim"))
        if each.unread:
            row.append(Piece(f" {_count(each)}", "alert" if is_for_one(each) else "count"))
    return row


def between(glyphs: Glyphs) -> Piece:
    """What stands between two conversations on one line."""
    return Piece(f" {glyphs.between} ", "dim")


def _count(conversation: Conversation) -> str:
    count = "" if not conversation.unread else "99+" if conversation.unread > 99 else str(conversation.unread)
    return f"{count}!" if is_for_one(conversation) else count


def is_for_one(conversation: Conversation) -> bool:
    """Whether something unread there names oneself, or was whispered to nobody else."""
    return conversation.mentions > 0 or (conversation.partner is not None and conversation.unread > 0)


def people(here: Iterable[Person], ranks: Ranks, width: int, glyphs: Glyphs, lost_at: int | None = None) -> Rows:
    """Who is here: the members of one's party first, then everybody; away people with since when and why.

    ``lost_at``: nothing is known of anybody since then.
    """
    by_key = {name_key(each.name): each for each in here}
    rows: Rows = []
    if ranks.party is not None:
        rows.append(("", [Piece(f" {words.PARTY_TITLE.capitalize()} ({len(ranks.party.members)})", "heading")]))
        for name in ranks.party.members:
            person = by_key.get(name_key(name), Person(name, "offline", 0, ""))
            rows += _person(person, name == ranks.party.leader, ranks, width, glyphs)
        rows.append(("", []))
    heading = "Here" if lost_at is None else words.AS_OF.format(clock=words.clock(lost_at))
    rows.append(("", [Piece(f" {heading} ({len(by_key):,})", "heading")]))
    online = [each for each in by_key.values() if each.status == "online"]
    for person in online + [each for each in by_key.values() if each.status != "online"]:
        rows += _person(person, False, ranks, width, glyphs)
    return rows if lost_at is None else [(key, _greyed(row, glyphs)) for key, row in rows]


def _greyed(row: Row, glyphs: Glyphs) -> Row:
    """Nobody knows whether that is still so."""
    if len(row) < 2:
        return row
    return [Piece(f" {glyphs.unknown} ", "dim"), *[Piece(piece.text, "dim") for piece in row[1:]]]


def _person(person: Person, leads: bool, ranks: Ranks, width: int, glyphs: Glyphs) -> Rows:
    mark = {"online": glyphs.online, "away": glyphs.away}.get(person.status, glyphs.offline)
    is_own = name_key(person.name) == name_key(ranks.own)
    leader = f" {glyphs.leader}" if leads else ""
    admin = f" {words.ADMIN}" if person.name in ranks.admins else ""
    name = cut(one_line(person.name), width - 4 - width_of(leader + admin), glyphs.more)
    key = "" if is_own else person.name
    style = "own" if is_own else f"name:{person.name}" if person.status == "online" else "dim"
    mark_style = "here" if person.status == "online" else "dim"
    rows: Rows = [
        (key, [Piece(f" {mark} ", mark_style), Piece(name, style), Piece(leader, "count"), Piece(admin, "dim")])
    ]
    if person.status == "away":
        why = f": {one_line(person.text)}" if person.text else ""
        rows.append((key, [Piece(cut(f"   since {words.clock(person.since)}{why}", width - 1, glyphs.more), "dim")]))
    return rows
