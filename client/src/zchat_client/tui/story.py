"""From the client's events to what stands on the screen: conversations, unread counts, cards, notices. No terminal."""

from dataclasses import dataclass
from typing import Final

from zchat_client import events as e
from zchat_client.core.roster import name_key
from zchat_client.tui import words
from zchat_client.tui.answers import answer
from zchat_client.tui.comings import Comings
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation
from zchat_client.tui.conversations import Conversations
from zchat_client.tui.event_lines import Reader, Said, is_said
from zchat_client.tui.line import Kind, Line, State
from zchat_client.tui.notices import Notices
from zchat_client.tui.parties import Parties
from zchat_client.tui.standstill import Standstill
from zchat_client.tui.under_way import UnderWay
from zchat_common.durations import in_local_time
from zchat_common.errors import Code

# Comings and goings are told in public while so few are there that one may care for each.
_PRESENCE_TOLD_UP_TO: Final = 30


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
    # Of the line, if it had one.
    id: int | None = None
    code: str = ""


class Story:
    """What has happened in one run. What is to be done about it on the screen waits here until it is shown."""

    def __init__(self, name: str) -> None:
        self.reader = Reader(name)
        self.title = ""
        self.registered = False
        self.conversations = Conversations()
        self.under_way = UnderWay(self.conversations)
        self.parties = Parties(self.conversations)
        self.notices = Notices()
        self.cards: list[Card] = []
        # What was refused, the first first; whoever shows it takes it out.
        self.troubles: list[Trouble] = []
        self.people = 0
        # Since when nothing is known of anybody; None while connected.
        self.lost_at: int | None = None
        self.still = Standstill()
        # Why one is away oneself; None while one is not.
        self.away: str | None = None
        # Who is away, as name_key has them: their coming back is no coming.
        self.away_names: set[str] = set()
        # What tells of comings and goings, by the key of its conversation.
        self._comings: dict[str, Comings] = {}
        # This client has met the broker in an earlier attempt to get in.
        self.first_contact = False
        # What should be on the screen now, unless somebody types; whoever shows it sets it back.
        self.wants_open: str | None = None
        # What was refused as long as one was muted, and what of that is allowed again; whoever shows it sets it back.
        self._muted = ""
        self.lifted = ""
        # /help was typed; whoever shows it sets it back.
        self.wants_help = False

    @property
    def name(self) -> str:
        """One's own name."""
        return self.reader.name

    @property
    def _outage(self) -> bool:
        return self.lost_at is not None

    def take(self, event: e.Event) -> None:
        """Takes in an event of the client."""
        match event:
            case _ if is_said(event):
                self._said(event)
            case e.Pending():
                self.under_way.pending(event, self.name, waits=self._outage or not self.registered)
            case e.Sent():
                self.under_way.sent(event)
            case e.Delivered():
                self.reader.arrived.add(event.seq)
                self.under_way.delivered(event)
            case e.Connected() | e.Disconnected() | e.Reconnected() | e.Bye():
                self._link(event)
            case e.Presence():
                self._presence(event)
            case e.Invited():
                self._invited(event)
            case e.Party():
                self._want_open(self.parties.changed(event, own=self.reader.is_own(event.name)))
            case e.Error():
                self._error(event)
            case _:
                self._answer(event)

    # -- what is said -------------------------------------------------------------------------------------------------

    def conversation_of(self, event: Said) -> Conversation:
        """Where something said belongs."""
        if not isinstance(event, e.Message):
            sender, recipient = event.sender or "", event.recipient or ""
            partner = recipient if name_key(sender) == name_key(self.name) else sender
            return self.conversations.whispers_with(partner, told=True)
        return self.conversations.party() if event.topic == PARTY else self.conversations.public

    def _said(self, event: Said) -> None:
        conversation, line = self.conversation_of(event), self.reader.line_of(event)
        was = conversation.settle(line.text) if line.kind is Kind.SAID and line.own else None
        if was is not None:
            line.state = State.KEPT if was.state is State.PENDING else was.state
        replayed = self._outage if isinstance(event, e.Error) else event.replayed
        if self._outage and replayed and not line.own:
            conversation.catching_up(event.at)
        if not conversation.add(line, of_before=replayed and not self._outage):
            return
        if isinstance(event, e.Whisper) and was is None and conversation.partner is not None:
            self.under_way.whispered(conversation.partner)
        self._count(conversation, line, replayed)

    def _count(self, conversation: Conversation, line: Line, replayed: bool) -> None:
        seen = self.conversations.sees(conversation)
        known = line.seq <= conversation.news.read_seq
        # Who has never read anything here is shown what was said before, none of which is new to the others.
        first_run = replayed and not self._outage and conversation.partner is None
        first_run &= conversation.first_run or conversation.news.read_seq == 0
        conversation.first_run = first_run
        if line.own or known or first_run:
            pass
        elif not seen:
            conversation.news.count_unread(line)
        elif replayed and not self._outage:
            conversation.news.mark_new(line)
        if seen:
            conversation.news.read_seq = conversation.last_seq
        if not (line.own or replayed):
            self.notices.said(conversation, line)

    def took_page(self, conversation: Conversation, lines: list[Line]) -> None:
        """A page of history was put in front; what was said since one looked last may be in it."""
        # Of public and a party nobody knows what was new to who has read nothing there yet.
        after = conversation.news.known_up_to
        known = conversation.partner is not None or after > 0
        fresh = [line for line in lines if known and line.seq > after and not line.own]
        if not fresh:
            return
        conversation.news.mark_older(fresh)
        unread = [line for line in fresh if line.seq > conversation.news.read_seq]
        if self.conversations.sees(conversation):
            conversation.mark_read()
        elif unread:
            conversation.news.count_older(unread)

    # -- what happens around it ---------------------------------------------------------------------------------------

    def _link(self, event: e.Connected | e.Disconnected | e.Reconnected | e.Bye) -> None:
        conversations = self.conversations
        match event:
            case e.Connected():
                self.title, self.registered = event.title, True
                self.still.beat(event.at)
                self.reader = Reader(event.name)
                if event.first_contact or self.first_contact:
                    conversations.opening(words.first_contact(event.fingerprint), event.at)
                if event.party is not None:
                    conversations.party()
                    self.parties.goes_on()
            case e.Disconnected():
                conversations.missed, self.lost_at = None, self.still.lost_at(event.at)
                conversations.everywhere(words.LOST, event.at)
            case e.Reconnected():
                conversations.caught_up()
                conversations.everywhere(words.back_after(event.at - (self.lost_at or event.at)), event.at)
                self.lost_at = None
            case e.Bye():
                self.lost_at = event.at if self.lost_at is None else self.lost_at

    def _presence(self, event: e.Presence) -> None:
        folded = name_key(event.name)
        if folded == name_key(self.name):
            return
        stays = event.status == "away" or (event.status == "online" and folded in self.away_names)
        (self.away_names.add if event.status == "away" else self.away_names.discard)(folded)
        if self.conversations.get(f"@{folded}") is not None:
            self._came_or_went(self.conversations.whispers_with(event.name, told=True), event)
        # Who is away for a while, perhaps since he types nothing, is seen among the people; the log need not say it.
        if not stays and self.people <= _PRESENCE_TOLD_UP_TO:
            self._came_or_went(self.conversations.public, event)

    def _came_or_went(self, conversation: Conversation, event: e.Presence) -> None:
        if conversation.key not in self._comings:
            self._comings[conversation.key] = Comings(conversation)
        self._comings[conversation.key].take(event)

    def _invited(self, event: e.Invited) -> None:
        text = words.invitation(event.inviter, event.members)
        self.conversations.system(text, event.at)
        self.notices.invited(event.inviter, text)

    def go_on_with_party(self) -> None:
        """One is in the party all the same: what told of its end was forged."""
        self.parties.goes_on()

    def end_party(self, at: int) -> None:
        """One is in no party any more, and nothing was heard of its end."""
        self._want_open(self.parties.ended(at))

    def _want_open(self, key: str | None) -> None:
        if key is not None:
            self.wants_open = key

    def _error(self, event: e.Error) -> None:
        if event.id is not None:
            self.under_way.refused(event.id, event.code)
        if event.code == Code.STREAM_FORGED and event.seq is not None:
            self._mark_forged(e.Place(event.topic or "", event.seq))
        if event.typed is not None:
            trouble = Trouble(in_local_time(event.text), event.typed, event.id, event.code)
            self.troubles.append(trouble)
            if event.code == Code.MUTED:
                self._muted = trouble.text
        elif event.code != Code.BROKER_UNREACHABLE:
            self.conversations.system(words.plainly(event.text), event.at, kind=Kind.ERROR)

    def _mark_forged(self, place: e.Place) -> None:
        for conversation in self.conversations:
            conversation.disown_change(place, words.FORGED_CHANGE)
            if place.topic == ("user" if conversation.partner is not None else conversation.key):
                conversation.disown(place.seq, words.FORGED)

    def _lift_mute(self) -> None:
        self.lifted, self._muted = self._muted, ""
        for conversation in self.conversations:
            conversation.writing.lift(self.lifted)

    def _answer(self, event: e.Event) -> None:
        match event:
            case e.Help():
                self.wants_help = True
            case e.Moderated():
                own = self.reader.is_own(event.name)
                self.conversations.system(words.moderated(event, own=own), event.at, PUBLIC)
                if own and event.act == "unmute":
                    self._lift_mute()
            case e.Lagged():
                self.conversations.system(words.lagged(event.dropped), event.at, kind=Kind.ERROR)
            case _ if (text := answer(event)) is not None:
                self.conversations.system(text, event.at)
            case _:
                pass
