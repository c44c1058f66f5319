"""From the client's events to what stands on the screen: conversations, unread counts, cards, notices. No terminal."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from zchat_client import events as e
from zchat_client import typed as t
from zchat_client.core.roster import name_key
from zchat_client.tui import words
from zchat_client.tui.answers import answer
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation, Kind, Line, State
from zchat_client.tui.order import listed
from zchat_client.tui.said import Reader, Said, is_said
from zchat_client.tui.textfit import one_line
from zchat_common.errors import Code, ZchatError

# Comings and goings are told in public while so few are there that one may care for each.
_PRESENCE_TOLD_UP_TO: Final = 30
NOTIFY_LEVELS: Final = ("on", "mentions", "off")


class Notice(NamedTuple):
    """Something that a person would want to be told of when looking elsewhere."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """An open invitation, and when it ends."""

    inviter: str
    members: tuple[str, ...]
    expires: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was typed and refused, and why."""

    text: str
    typed: str


class Story:
    """All conversations of one run. ``looking``: whether somebody sees the open conversation's end."""

    def __init__(self, name: str) -> None:
        self.reader = Reader(name)
        self.title = ""
        self.registered = False
        self.conversations: dict[str, Conversation] = {PUBLIC: Conversation(PUBLIC, words.PUBLIC_TITLE)}
        self.open_key = PUBLIC
        self.looking = True
        self.cards: list[Card] = []
        self.notices: list[Notice] = []
        self.trouble: Trouble | None = None
        self.people = 0
        self.missed: int | None = None
        # Since when nothing is known of anybody; None while connected.
        self.lost_at: int | None = None
        # Why one is away oneself; None while one is not.
        self.away: str | None = None
        # Who is away, as name_key has them: their coming back is no coming.
        self.away_names: set[str] = set()
        # This client has met the broker in an earlier attempt to get in.
        self.first_contact = False
        self.default_level = "mentions"
        # Where one has just said something that was entered elsewhere; whoever shows it sets it back.
        self.said_in: str | None = None
        self._said_from = PUBLIC
        # The line entered last and its id: only what is said by it may open another conversation.
        self._entered: str | None = None
        self._entered_id = 0
        # What should be on the screen now, unless somebody types; whoever shows it sets it back.
        self.wants_open: str | None = None
        # /help was typed; whoever shows it sets it back.
        self.wants_help = False

    @property
    def name(self) -> str:
        """One's own name."""
        return self.reader.name

    # -- conversations ----------------------------------------------------------------------------------------------

    @property
    def open(self) -> Conversation:
        """The conversation on the screen."""
        return self.conversations[self.open_key]

    def listed(self) -> list[Conversation]:
        """The conversations in the order of their numbers, which stay as they are once somebody has seen them."""
        return listed(self.conversations.values())

    def whispers_with(self, name: str) -> Conversation:
        """The conversation of whispers with somebody, begun if there is none."""
        key = f"@{name_key(name)}"
        found = self.conversations.get(key)
        if found is None:
            found = self.conversations[key] = Conversation(key, f"@{name}", name)
        return found

    def party(self) -> Conversation:
        """The party's conversation."""
        found = self.conversations.get(PARTY)
        if found is None:
            found = self.conversations[PARTY] = Conversation(PARTY, words.PARTY_TITLE)
        return found

    def show(self, key: str) -> None:
        """Opens a conversation; what was new in the one left is not new any more."""
        if key != self.open_key:
            self.open.forget_mark()
            self.missed = None
        left, self.open_key = self.open, key
        self.open.hidden = False
        if self.looking:
            self.open.mark_read()
        if left.over and left is not self.open:
            self._put_away(left)

    def look(self, looking: bool) -> None:
        """Whether somebody sees the end of the open conversation now."""
        if self.looking and not looking:
            self.open.forget_mark()
        self.looking = looking
        if looking:
            self.open.mark_read()

    def entered(self, line: str) -> None:
        """A line was entered in the open conversation. What it says is shown where it is said, unless another follows
        it: that is meant for where it is typed.
        """
        self._entered, self._entered_id, self.said_in = line, 0, None
        self._said_from = self.open_key

    def next_unread(self) -> str | None:
        """The conversation to go to next: mentions and whispers first."""
        unread = [each for each in self.listed() if each.unread and each.key != self.open_key]
        unread.sort(key=lambda each: -(each.mentions > 0 or each.partner is not None))
        return unread[0].key if unread else None

    @property
    def _outage(self) -> bool:
        return self.lost_at is not None

    def system(self, text: str, at: int, key: str | None = None, kind: Kind = Kind.SYSTEM) -> None:
        """A line that nobody said, by default in the open conversation."""
        self.conversations[key or self.open_key].add(Line(kind, at, text))

    def opening(self, text: str, at: int, kind: Kind = Kind.SYSTEM) -> None:
        """A line for whoever comes in: below all that was said before, whenever that arrives."""
        self.conversations[PUBLIC].add_last(Line(kind, at, text))

    def level(self, conversation: Conversation) -> str:
        """What one is told of: ``on``, ``mentions`` or ``off``."""
        return conversation.notify or ("on" if conversation.partner is not None else self.default_level)

    # -- events -----------------------------------------------------------------------------------------------------

    def take(self, event: e.Event) -> None:
        """Takes in an event of the client."""
        match event:
            case _ if is_said(event):
                self._said(event)
            case e.Pending():
                self._pending(event)
            case e.Sent():
                self._sent(event)
            case e.Delivered():
                self._delivered(event)
            case e.Connected() | e.Disconnected() | e.Reconnected():
                self._link(event)
            case e.Presence():
                self._presence(event)
            case e.Invited():
                self._invited(event)
            case e.Party():
                self._party(event)
            case e.Error():
                self._error(event)
            case _:
                self._answer(event)

    def conversation_of(self, event: Said) -> Conversation:
        """Where something said belongs."""
        if not isinstance(event, e.Message):
            sender, recipient = event.sender or "", event.recipient or ""
            return self.whispers_with(recipient if name_key(sender) == name_key(self.name) else sender)
        return self.party() if event.topic == PARTY else self.conversations[PUBLIC]

    def _said(self, event: Said) -> None:
        conversation, line = self.conversation_of(event), self.reader.line_of(event)
        if line.kind is Kind.SAID and line.own:
            was = conversation.settle(line.text)
            if was is not None:
                line.state = State.KEPT if was.state is State.PENDING else was.state
        replayed = self._outage if isinstance(event, e.Error) else event.replayed
        if self._outage and replayed:
            conversation.catching_up(event.at)
        if not conversation.add(line, of_before=replayed and not self._outage):
            return
        self._count(conversation, line, replayed)

    def _count(self, conversation: Conversation, line: Line, replayed: bool) -> None:
        seen = conversation.key == self.open_key and self.looking
        known = line.seq <= conversation.read_seq
        # Who has never read anything here is shown what was said before, none of which is new to the others.
        first_run = replayed and not self._outage and conversation.partner is None
        first_run &= conversation.first_run or conversation.read_seq == 0
        conversation.first_run = first_run
        if line.own or known or first_run:
            pass
        elif not seen:
            conversation.count_unread(line)
        elif replayed and not self._outage:
            conversation.mark_new(line)
        if seen:
            conversation.read_seq = conversation.last_seq
        if not (line.own or replayed):
            self._notice(conversation, line)

    def took_page(self, conversation: Conversation, lines: list[Line]) -> None:
        """A page of history was put in front; what was said since one looked last may be in it."""
        fresh = [line for line in lines if line.seq > conversation.read_seq > 0 and not line.own]
        if not fresh:
            return
        conversation.mark_new_before(conversation.lines.index(fresh[0]), fresh[0])
        if conversation.key == self.open_key and self.looking:
            conversation.mark_read()
        else:
            conversation.unread += len(fresh)
            conversation.mentions += sum(line.mention for line in fresh)

    def _notice(self, conversation: Conversation, line: Line) -> None:
        level = self.level(conversation)
        if level == "on" or (level == "mentions" and line.mention):
            where = "" if conversation.partner is not None else f" in {conversation.title}"
            self.notices.append(Notice(conversation.key, f"{line.sender}{where}", one_line(line.text)))

    def _pending(self, event: e.Pending) -> None:
        try:
            said = t.parse(event.typed)
        except ZchatError:
            return
        match said:
            case t.Say():
                conversation = self.conversations[PUBLIC]
            case t.PartySay():
                conversation = self.party()
            case t.WhisperTo():
                recipient = event.recipient or said.recipient
                if recipient is None:
                    return
                conversation = self.whispers_with(recipient)
            case _:
                return
        action = bool(getattr(said, "action", False)) or said.text.startswith("/me ")
        text = said.text.replace("\r\n", "\n").strip().removeprefix("/me ")
        line = Line(Kind.SAID, event.at, text, self.name, action, own=True, state=State.PENDING, pending_id=event.id)
        conversation.send(line)
        conversation.hidden = False
        if event.typed == self._entered:
            self._entered, self._entered_id = None, event.id
            if self._outage or not self.registered:
                # It may be long until the broker has it; meanwhile one sees it wait.
                self._follow(conversation)

    def _sent(self, event: e.Sent) -> None:
        state = State.KEPT
        if event.id == self._entered_id:
            said_to = self.whispers_with(event.recipient) if event.recipient is not None else None
            self._follow(said_to or self.conversations.get(event.topic, self.open))
        if event.recipient is not None:
            state = State.WAITING if event.delivery == "stored" else State.DELIVERED
        for conversation in self.conversations.values():
            line = next((each for each in conversation.pending if each.pending_id == event.id), None)
            if line is not None:
                line.seq = event.seq
                if (placed := conversation.by_seq(event.seq)) is not None:
                    # It was published first; then its twin is in its place already.
                    conversation.pending.remove(line)
                    line = placed
                line.recipient = event.recipient or ""
                conversation.become(line, state)
                return
        if event.recipient is not None:
            conversation = self.whispers_with(event.recipient)
            placed = conversation.by_seq(event.seq)
            if placed is not None and placed.state is State.KEPT:
                conversation.become(placed, state)

    def _delivered(self, event: e.Delivered) -> None:
        self.reader.arrived.add(event.seq)
        conversation = self.whispers_with(event.recipient)
        line = conversation.by_seq(event.seq)
        line = line or next((each for each in conversation.pending if each.seq == event.seq), None)
        if line is not None:
            conversation.become(line, State.DELIVERED)

    def _link(self, event: e.Connected | e.Disconnected | e.Reconnected) -> None:
        match event:
            case e.Connected():
                self.title, self.registered = event.title, True
                self.reader = Reader(event.name)
                if event.first_contact or self.first_contact:
                    self.opening(words.first_contact(event.fingerprint), event.at)
                if event.party is not None:
                    self.party()
            case e.Disconnected():
                self.missed, self.lost_at = None, event.at
                self._everywhere(words.LOST, event.at)
            case e.Reconnected():
                self.missed = event.replayed
                for conversation in self.conversations.values():
                    conversation.caught_up()
                self._everywhere(words.back_after(event.at - (self.lost_at or event.at)), event.at)
                self.lost_at = None

    def _everywhere(self, text: str, at: int) -> None:
        """Where one looks, and in public, where one looks for such things."""
        for key in dict.fromkeys((PUBLIC, self.open_key)):
            self.system(text, at, key)

    def _presence(self, event: e.Presence) -> None:
        folded = name_key(event.name)
        if folded == name_key(self.name):
            return
        stays = event.status == "away" or (event.status == "online" and folded in self.away_names)
        (self.away_names.add if event.status == "away" else self.away_names.discard)(folded)
        if f"@{folded}" in self.conversations:
            self.system(words.presence(event), event.at, f"@{folded}")
        # Who is away for a while, perhaps since he types nothing, is seen among the people; the log need not say it.
        if not stays and self.people <= _PRESENCE_TOLD_UP_TO:
            self.system(words.presence(event), event.at, PUBLIC)

    def _invited(self, event: e.Invited) -> None:
        text = words.invitation(event.inviter, event.members)
        self.system(text, event.at)
        self.notices.append(Notice(PUBLIC, event.inviter, text))

    def _party(self, event: e.Party) -> None:
        own = self.reader.is_own(event.name)
        begins = own and event.change in ("created", "joined")
        known = self.conversations.get(PARTY)
        if not begins and (known is None or known.over):
            self.system(words.party(event, own), event.at, PUBLIC if self.open is known else None)
            return
        conversation = self.party()
        if begins:
            conversation.begin_anew()
            self.wants_open = PARTY
        if event.change == "created" and not own:
            return
        ends = event.change == "dissolved" or (own and event.change in ("left", "kicked"))
        for key in dict.fromkeys((PARTY, PUBLIC if ends and self.open is conversation else self.open_key)):
            self.system(words.party(event, own), event.at, key)
        if ends:
            self.end_party()

    def end_party(self) -> None:
        """One is in no party any more: its conversation goes, as soon as all in it is read."""
        conversation = self.conversations.get(PARTY)
        if conversation is None or conversation.over:
            return
        conversation.over = True
        if self.open is conversation:
            self.wants_open = PUBLIC
        else:
            self._put_away(conversation)

    def _put_away(self, conversation: Conversation) -> None:
        conversation.hidden = not (conversation.unread or conversation.draft)

    def _error(self, event: e.Error) -> None:
        if event.id is not None:
            for conversation in self.conversations.values():
                if conversation.withdraw(event.id) is not None:
                    self._leave_empty(conversation, event.code)
        if event.code == Code.STREAM_FORGED and event.seq is not None:
            self._mark_forged(event.topic or "", event.seq)
        if event.typed is not None:
            self.trouble = Trouble(event.text, event.typed)
        elif event.code != Code.BROKER_UNREACHABLE:
            self.system(words.plainly(event.text), event.at, kind=Kind.ERROR)

    def _mark_forged(self, topic: str, seq: int) -> None:
        for conversation in self.conversations.values():
            if topic == ("user" if conversation.partner is not None else conversation.key):
                conversation.disown(seq, words.FORGED)

    def _leave_empty(self, conversation: Conversation, code: str) -> None:
        """Nothing was ever said there, perhaps since nobody has that name: back to where it was typed."""
        if conversation.partner is None and not (conversation.key == PARTY and code == Code.NOT_IN_PARTY):
            return
        if conversation.lines or conversation.pending:
            return
        if conversation.key == self.open_key:
            self.said_in = PUBLIC if self._said_from == conversation.key else self._said_from
        conversation.hidden = True

    def _follow(self, conversation: Conversation) -> None:
        self._entered_id = 0
        if self._said_from == self.open_key:
            self.said_in = conversation.key

    def _answer(self, event: e.Event) -> None:
        match event:
            case e.Help():
                self.wants_help = True
            case e.Moderated():
                self.system(words.moderated(event), event.at, PUBLIC)
            case e.Lagged():
                self.system(words.lagged(event.dropped), event.at, kind=Kind.ERROR)
            case _ if (text := answer(event)) is not None:
                self.system(text, event.at)
            case _:
                pass
