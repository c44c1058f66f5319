"""What a client reads: frames opened with its keys, each topic in order, the roster, and its own party.

Frames, pages and rosters go in; events, subscriptions and questions come out. The session core owns one
:class:`Reading` for all its links.
"""

from collections.abc import Callable, Mapping
from functools import partial

from zchat_client.core.beat import Beat
from zchat_client.core.contacts import Contacts
from zchat_client.core.frames import Frames
from zchat_client.core.membership import OWN_END, Membership
from zchat_client.core.outputs import Output, Rebuild, Show, Subscribe, Unsubscribe
from zchat_client.core.pages import Pages
from zchat_client.core.proof import Item
from zchat_client.core.questions import ForParty, ForRoster, Questions
from zchat_client.core.roster import Roster, name_key
from zchat_client.core.showing import event_of
from zchat_client.core.streams import Streams
from zchat_client.events import Event, Message, Presence, Whisper
from zchat_common import messages as m
from zchat_common.clock import Now
from zchat_common.names import fold
from zchat_common.text import clean_text
from zchat_common.topics import PUBLIC, party_of, party_topic, user_topic


class Reading:
    """``users`` is how many are online, ``registered_at`` the broker's time when this session began, and
    ``receipt_due`` the last message of one's own topic whose showing the broker waits for.
    """

    def __init__(
        self,
        name: str,
        positions: Mapping[str, int],
        beat: Beat,
        questions: Questions,
        contacts: Contacts,
        out: Callable[[Output], None],
    ) -> None:
        """``positions`` are the seqs shown last in earlier runs, by topic."""
        self.own_topic = user_topic(fold(name))
        self.roster = Roster()
        self.membership = Membership()
        self.users = 1
        self.registered_at = 0
        self.replayed = 0
        self.receipt_due = 0
        # Before `connected` nothing is shown.
        self.showing = False
        self._me = name_key(name)
        self._beat = beat
        self._questions = questions
        self._contacts = contacts
        self._out = out
        self._streams = Streams(positions)
        self._frames = Frames(beat, questions, self.reads, self._published)
        self.pages = Pages(self._streams, questions, out, self._offer, self._put_right)
        # ZeroMQ counts: whoever subscribes twice has to end it twice.
        self._subscribed: dict[str, None] = {}
        # The last ping that was sent when we learned of a party that we are in.
        self._joined_at_ping: dict[str, int] = {}

    # -- links and registrations ------------------------------------------------------------------------------------

    def subscribe(self) -> None:
        """A new topics link: subscribes to all that may be read."""
        self._frames.new_link()
        parties = dict.fromkeys((*self._streams.parties(), *self.membership.invited_topics()))
        # One's own topic comes last: its pong then proves all the subscriptions before it.
        self._subscribed.clear()
        for topic in (PUBLIC, *parties, self.own_topic):
            self._subscribe(topic)

    def registered(self, registered: m.Registered, now: Now) -> None:
        """The broker says how things stand."""
        self.users = registered.users
        self.registered_at = registered.at
        self.receipt_due = registered.waiting
        # A broker that starts has other keys, and may have been set back.
        same = any(key.topic == PUBLIC and self._frames.knows(key) for key in registered.keys)
        for key in registered.keys:
            self._frames.add(key)
        for invitation in self.membership.registered(registered.party, registered.invitations):
            self._subscribe(party_topic(invitation.party))
        self._take_topics(registered.topics, same, now)
        wanted = (PUBLIC, self.own_topic, *self._streams.parties(), *self.membership.invited_topics())
        for topic in [topic for topic in self._subscribed if topic not in wanted]:
            self._unsubscribe(topic)
        self.roster.registered(registered.roster_version)
        self.roster.admins = frozenset([name_key(admin) for admin in registered.admins])
        if self.roster.version != registered.roster_version:
            self._ask_roster()

    def joined(self, topic: str, seq: int, at: int, now: Now) -> None:
        """The broker let us into a party at ``at``, with message ``seq`` of its topic.

        What was done before this session its registration has taken into account, perhaps its end as well. In the same
        millisecond only the broker knows which came first: its next pong says which topics are ours.
        """
        if at > self.registered_at and at >= self.membership.invited_at(topic):
            self.membership.accepted(topic)
            self._join_topic(topic, seq, now)
        else:
            self._beat.hurry(now.steady_s)

    @property
    def synced(self) -> bool:
        """Whether frames arrive for sure and the roster is known."""
        return self._beat.proven(self.own_topic) and not self._questions.asks_for(ForRoster())

    @property
    def caught_up(self) -> bool:
        """Whether everything was shown that existed at the registration."""
        return self._streams.caught_up

    @property
    def public_position(self) -> int:
        """The last public message that was shown, or that was there before the first one to show."""
        return self._streams.position(PUBLIC)

    @property
    def receipt(self) -> int:
        """What the broker may be told of its own: the message up to which all is shown that it waits for; or 0."""
        if not self._streams.is_level(self.own_topic):
            return 0
        # Level is also a topic whose history cannot be had just now.
        return min(self.receipt_due, self._streams.position(self.own_topic))

    def _take_topics(self, topics: tuple[m.TopicState, ...], same: bool, now: Now) -> None:
        change = self._streams.registered(topics, same)
        for topic in change.gone:
            self._leave_topic(topic)
        for topic in change.new_parties:
            self._subscribe(topic)
        self._joined_at_ping = dict.fromkeys((*self._streams.parties(), *self._streams.ended()), self._beat.number)
        for topic in (*self._streams.parties(), self.own_topic):
            self._beat.prove(topic, now.steady_s)
        for topic in change.shorter:
            text = f"The broker's history of {topic} is shorter than it was (an older backup?); following the broker."
            self.pages.say_changed(topic, text, now)

    # -- frames -----------------------------------------------------------------------------------------------------

    def frame(self, frame: bytes, now: Now) -> None:
        """A frame came down the topics link."""
        self._frames.take(frame, now)

    def reads(self, topic: str) -> bool:
        """Whether the topic is ours, as far as this client knows, or not read to the end of what was."""
        return topic in (PUBLIC, self.own_topic) or topic in self._streams

    def _published(self, topic: str, message: m.Published, body: bytes, now: Now) -> None:
        match message:
            case m.Pong():
                self._pong(topic, message, now)
            case m.Presence():
                changes = self.roster.apply(message)
                if changes is None:
                    self._ask_roster()
                else:
                    self._show_presence(changes)
            case m.NewKey():
                self._frames.add(message.key)
                if message.digest:
                    self._streams.restart(message.key.topic, message.after, message.digest, message.ended)
                self._frames.open_waiting(now)
            case m.Stopping():
                self._out(Rebuild(clean_text(message.reason)))
            # Whatever else is published is kept.
            case _:
                if not self._streams.goes_on(topic) and self._is_own_join(message):
                    self.joined(topic, message.seq, message.at, now)
                self._offer(topic, Item(message, body))
                if self._streams.is_heavy(topic):
                    self._beat.hurry(now.steady_s)

    def _pong(self, topic: str, pong: m.Pong, now: Now) -> None:
        if not self._is_me(pong.name):
            return
        self._beat.pong(topic, pong.number, now.steady_s)
        own = topic == self.own_topic
        for state in pong.topics:
            if not state.told_seq and not self._streams.goes_on(state.topic):
                self._join_topic(state.topic, state.start, now)
            # A party whose end was shown was read before it: then this comes too late.
            if own and state.told_seq > self._streams.position(self.own_topic):
                self._streams.read_tail(state.topic, state.start, state.last, state.told_seq)
            stream = self._streams.get(state.topic)
            if stream is not None and own:
                stream.stands(state.last, state.digest)
            elif stream is not None:
                stream.hint(state.last)
        if not own:
            return  # any member can say such things
        self._beat.vouched(now.steady_s)
        self.users = pong.users
        self._leave_all_but([state.topic for state in pong.topics], pong.number)
        if pong.roster_version != self.roster.version:
            self._ask_roster()

    # -- topics and keys --------------------------------------------------------------------------------------------

    def _join_topic(self, topic: str, start: int, now: Now) -> None:
        if self._streams.join(topic, start):
            self._joined_at_ping[topic] = self._beat.number
            self._subscribe(topic)
            self._beat.prove(topic, now.steady_s)

    def _leave_all_but(self, topics: list[str], ping: int) -> None:
        """Leaves what the broker does not call ours, as far as it was joined before that ping.

        Between the two links there is no order: the answer to a join may come after we were out again.
        """
        for party in (*self._streams.parties(), *self._streams.ended()):
            if party not in topics and ping > self._joined_at_ping.get(party, 0):
                self._leave_topic(party)
                self.membership.left(party_of(party) or "")

    def _leave_topic(self, topic: str) -> None:
        self._streams.leave(topic)
        self.pages.denied.discard(topic)
        self._joined_at_ping.pop(topic, None)
        self._frames.forget(topic)
        self._beat.abandon(topic)
        if topic not in self.membership.invited_topics():
            self._unsubscribe(topic)

    def _subscribe(self, topic: str) -> None:
        if topic not in self._subscribed:
            self._subscribed[topic] = None
            self._out(Subscribe(topic))

    def _unsubscribe(self, topic: str) -> None:
        if topic in self._subscribed:
            del self._subscribed[topic]
            self._out(Unsubscribe(topic))

    def _ask_roster(self) -> None:
        if not self._questions.asks_for(ForRoster()):
            self._questions.ask(m.AskRoster, ForRoster())

    # -- answers to our questions -----------------------------------------------------------------------------------

    def roster_reply(self, reply: m.Roster) -> None:
        """The whole roster."""
        self._show_presence(self.roster.replace(reply.version, reply.entries))

    def keys_reply(self, reply: m.Keys, now: Now) -> None:
        """The keys of all topics: opens the frames that waited for them."""
        for key in reply.keys:
            self._frames.add(key)
        self._frames.open_waiting(now)

    def party_reply(self, purpose: ForParty, party: m.PartyState | None) -> None:
        """One's own party, since what was shown of it was not all true."""
        stream = self._streams.get(purpose.topic)
        if stream is not None and stream.position != purpose.seq:
            # It may have changed since, and been shown.
            self._questions.ask(m.AskParty, ForParty(purpose.topic, stream.position))
        elif party is not None:
            self.membership.corrected(party)

    # -- showing ----------------------------------------------------------------------------------------------------

    def show(self, now: Now) -> None:
        """Shows every message whose turn has come, and marks what was forged before."""
        self.pages.tell(now)
        shown = True
        while shown:
            shown = False
            for topic in self._streams.topics():
                for message, replayed in self._streams.take_of(topic, partial(self._may_show, topic)):
                    self._show(topic, message, replayed)
                    shown = True

    def _may_show(self, topic: str, message: m.Kept) -> bool:
        """One thing after another: all of a party, then the end of one's membership, then the next party."""
        if isinstance(message, m.PartyChanged) and self._left(topic, message) is not None:
            left = party_topic(message.party)
            stream = self._streams.get(left)
            if stream is None or left in self.pages.denied:
                return True
            return stream.position >= message.end and not stream.proof.pending
        return party_of(topic) is None or not self._is_behind_another(topic)

    def _is_behind_another(self, party: str) -> bool:
        """Whether the end of an earlier membership has not been shown yet."""
        return self._streams.waits_for(party, self.own_topic) > self._streams.position(self.own_topic)

    def _offer(self, topic: str, item: Item) -> None:
        """Takes a message of a topic in; one that ends a membership of ours says what there was to read of it."""
        # On a party's topic any member could say such a thing.
        own, message = self._streams.get(topic) if topic == self.own_topic else None, item.message
        if isinstance(message, m.PartyChanged) and own is not None and message.seq > own.position and message.end:
            left = party_topic(message.party)
            if message.seq > own.replayed_to:
                self._streams.read_tail(left, message.start, message.end, message.seq)
            # What is from before this registration it has taken into account.
        self._streams.offer(topic, item)

    def _show(self, topic: str, message: m.Kept, replayed: bool) -> None:
        event = event_of(topic, message, replayed, self._contacts.meet)
        self.replayed += replayed and isinstance(event, (Message, Whisper))
        self._out(Show(event, topic, message.seq))
        self._follow(topic, message, replayed)

    def _put_right(self, topic: str, message: m.Kept) -> None:
        """Shows what is true in the place of a forged line."""
        self._out(Show(event_of(topic, message, False, self._contacts.meet)))
        self._follow(topic, message, replayed=False)

    def _left(self, topic: str, message: m.Kept) -> str | None:
        """The topic of the party that we are out of by this message of our own topic."""
        if topic == self.own_topic and isinstance(message, m.PartyChanged):
            return party_topic(message.party) if message.change in OWN_END and self._is_me(message.name) else None
        return None

    def _follow(self, topic: str, message: m.Kept, replayed: bool) -> None:
        """What a message that was just shown changes for this client."""
        match message:
            case m.Whisper() if message.delivery == "stored" and self._is_me(message.recipient):
                self.receipt_due = message.seq
            case m.Invited() if not replayed and not self.membership.is_in(message.party):
                self.membership.invited(message)
                self._subscribe(party_topic(message.party))
            case m.PartyChanged():
                # What was replayed the registration had taken into account.
                if not replayed:
                    self._change_membership(topic, message)
                if message.end and self._left(topic, message) is not None:
                    self._end_membership(topic, message)
            case _:
                pass

    def _change_membership(self, topic: str, message: m.PartyChanged) -> None:
        party = party_topic(message.party)
        stream = self._streams.get(party)
        if stream is not None and topic == self.own_topic and stream.position > message.end > 0:
            return  # we are in it again
        ended = self.membership.changed(message, self._is_me(message.name), topic == self.own_topic)
        if ended and party not in self._streams:
            self._unsubscribe(party)

    def _end_membership(self, topic: str, message: m.PartyChanged) -> None:
        """All of the party was shown, and now that one is out: the broker need not keep it for us any longer."""
        self.receipt_due = max(self.receipt_due, message.seq)
        party = party_topic(message.party)
        stream = self._streams.get(party)
        if stream is not None and stream.ended and stream.parts[-1].end <= message.end:
            self._leave_topic(party)

    def _show_presence(self, changes: list[m.RosterEntry]) -> None:
        if not self.showing:
            return
        for entry in changes:
            if entry.status == "offline" and self._is_me(entry.name):
                continue
            event: Event = Presence(
                at=entry.since,
                name=entry.name,
                status=entry.status,
                since=entry.since,
                text=clean_text(entry.text),
            )
            self._out(Show(event))

    def _is_me(self, name: str) -> bool:
        return name_key(name) == self._me

    def _is_own_join(self, message: m.Kept) -> bool:
        return isinstance(message, m.PartyChanged) and message.change == "joined" and self._is_me(message.name)
