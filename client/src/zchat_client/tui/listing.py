"""The rows of the side panes and of the one-line strip. Knows no widget."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from zchat_client.core.roster import name_key
from zchat_client.events import PartyMembers
from zchat_client.tui import words
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.look import Glyphs
from zchat_client.tui.painting import Piece, Row
from zchat_client.tui.textfit import cut, one_line, width_of, wrap

Rows = list[tuple[str, Row]]

# Of a longer name no more stands on the one-line strip.
_STRIP_NAME: Final = 14


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
        count = unread(each)
        draft = f" {glyphs.draft}" if each.writing.has_begun and each.key != open_key else ""
        label = _label(each) or "  "
        room = width - 2 - len(label) - len(count) - width_of(draft) - 1
        name = cut(one_line(each.title), max(3, room), glyphs.more)
        pad = " " * max(0, room - width_of(name))
        style = "unread" if each.news.unread else "base"
        row = [Piece(" "), Piece(label, "dim"), Piece(name, style), Piece(draft, "dim"), Piece(pad + " ")]
        row.append(Piece(count, _count_style(each)))
        if each.key == open_key:
            row.append(Piece("", "selected"))
        rows.append((each.key, row))
    return rows


def strip(listed: list[Conversation], open_key: str, width: int, glyphs: Glyphs) -> Rows:
    """The conversations on one line, each with its key: ``1 public ✎ · 2 @bob 3 · 3 party !``.

    The open one is always among them, then come those with something for oneself and those with something unread. What
    there is no room for is told as a sum, ``+7 · 3!``, whose key is empty.
    """
    cells = {each.key: _cell(each, each.key == open_key, glyphs) for each in listed}
    parting = between(glyphs)
    ranked = sorted(listed, key=lambda each: (each.key != open_key, not is_for_one(each), not each.news.unread))
    best: tuple[set[str], Row] = (set(), [])
    used = 1
    for number, each in enumerate(ranked, 1):
        used += _width(cells[each.key]) + (width_of(parting.text) if number > 1 else 0)
        rest = _rest(ranked[number:], glyphs)
        # The open one stands there, however little room there is.
        if number == 1 or used + _width(rest) < width:
            best = ({one.key for one in ranked[:number]}, rest)
        elif used >= width:
            break
    shown, rest = best
    kept = [each.key for each in listed if each.key in shown]
    row: Rows = [(key, [Piece(" ") if key == kept[0] else parting, *cells[key]]) for key in kept]
    return [*row, ("", rest)] if rest else row


def _cell(conversation: Conversation, is_open: bool, glyphs: Glyphs) -> Row:
    style = "own" if is_open else "unread" if conversation.news.unread else "base"
    row = [
        Piece(_label(conversation), "dim"),
        Piece(cut(one_line(conversation.title), _STRIP_NAME, glyphs.more), style),
    ]
    if conversation.writing.has_begun and not is_open:
        row.append(Piece(f" {glyphs.draft}", "dim"))
    if conversation.news.unread:
        row.append(Piece(f" {unread(conversation)}", _count_style(conversation)))
    return row


def _label(conversation: Conversation) -> str:
    """The number by which a key reaches it, if there is one."""
    return f"{conversation.number} " if conversation.number < 10 else ""


def _rest(conversations: list[Conversation], glyphs: Glyphs) -> Row:
    """How many there are beside those that are shown, and what is unread in them."""
    if not conversations:
        return []
    row = [between(glyphs), Piece(f"+{len(conversations)}", "dim")]
    count = sum(each.news.unread for each in conversations)
    return [*row, between(glyphs), _sum(count, any(map(is_for_one, conversations)))] if count else row


def beyond(hidden: Iterable[Conversation], mark: str, width: int) -> Row:
    """What is unread in conversations that are above or below what the pane shows, on one row; empty if nothing is."""
    hidden = [each for each in hidden if each.news.unread]
    if not hidden:
        return []
    total = _sum(sum(each.news.unread for each in hidden), any(map(is_for_one, hidden)))
    return [Piece(f" {mark} {words.UNREAD}".ljust(width - 1 - len(total.text)), "dim"), total]


def between(glyphs: Glyphs) -> Piece:
    """What stands between two conversations on one line."""
    return Piece(f" {glyphs.between} ", "dim")


def unread(conversation: Conversation) -> str:
    """How much is unread there, marked if something of it is for oneself; nothing if all is read."""
    return _sum(conversation.news.unread, is_for_one(conversation)).text if conversation.news.unread else ""


def _count_style(conversation: Conversation) -> str:
    if conversation.notify == "off":
        return "dim"
    return _sum(conversation.news.unread, is_for_one(conversation)).style


def _sum(count: int, for_one: bool) -> Piece:
    text = "99+" if count > 99 else str(count)
    return Piece(f"{text}!", "alert") if for_one else Piece(text, "count")


def _width(row: Row) -> int:
    return sum(width_of(piece.text) for piece in row)


def is_for_one(conversation: Conversation) -> bool:
    """Whether something unread there names oneself, or was whispered to nobody else."""
    return conversation.news.mentions > 0 or (conversation.partner is not None and conversation.news.unread > 0)


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
        rows += [(key, [Piece(f"   {row}", "dim")]) for row in _away(person, width - 4, glyphs)]
    return rows


def _away(person: Person, width: int, glyphs: Glyphs) -> list[str]:
    """Since when somebody is away, and why: of a long reason the beginning, on two rows."""
    why = one_line(person.text)
    if not why:
        return [words.SINCE.format(clock=words.clock(person.since))]
    since = f"{words.clock(person.since)} "
    text = since + why
    first, *others = wrap(text, width, held=len(since))
    rest = [cut(text[others[0].start :], width, glyphs.more)] if others else []
    return [text[first.start : first.end], *rest]
