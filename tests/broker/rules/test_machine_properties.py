"""Whatever several users, hostile ones among them, do in whatever order: the witness finds nothing wrong.

What is checked after every step stands in `witness.py`: the invariants, dense topics, one answer for each command,
nobody but the members able to read a party message, and effects that tell the whole state.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.broker.rules.conversation import DAY, MINUTE, SECOND, START, key_of
from tests.broker.rules.witness import Witness
from zchat_broker.rules import Rules, Settings, State
from zchat_broker.rules.commands import COMMANDS
from zchat_broker.rules.entries import (
    CodeIssued,
    Command,
    Entry,
    InvitationExpired,
    Pruned,
    Registering,
    SeatExpired,
    SessionExpired,
    Started,
    Withdrawn,
)
from zchat_broker.rules.upkeep import due
from zchat_common.messages import SEALED, Scalar

# 150 runs of up to 80 steps take about 8 s.
RUNS = 150
STEPS = 80

names = st.sampled_from(["alice", "Bob", "carol", "ALICE", "b0b", "Дима"])
picks = st.integers(0, 7)
# How far a command's number is from its turn: mostly not at all.
skews = st.sampled_from([0] * 20 + [-1, -1, -2, -300, 1, 5])
scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 2**64 - 1), st.text(max_size=9), st.binary(max_size=9), names
)
jumps = st.sampled_from([1, SECOND, MINUTE, 2 * MINUTE, 10 * MINUTE, DAY, 8 * DAY, 31 * DAY, -1, -MINUTE, -DAY])
brokers = st.builds(
    Settings,
    st.sampled_from([0.0, 5.0, 120.0, 1e7]),
    st.sampled_from([0.0, 1.0, 30.0]),
    st.sampled_from([False, False, True]),
    st.sampled_from([("alice",), ("alice", "bob"), ("root",), ()]),
)
wishes: st.SearchStrategy[tuple[str, tuple[Scalar, ...]]] = st.one_of(
    st.tuples(st.just("say"), st.tuples(st.text(max_size=5), st.booleans())),
    st.builds(
        lambda name, owner, body: ("whisper", (name, key_of(owner), SEALED, body)), names, names, st.binary(max_size=3)
    ),
    st.tuples(st.just("received"), st.tuples(st.integers(0, 9))),
    st.tuples(st.just("away"), st.tuples(st.sampled_from(["", "lunch", "\x07"]))),
    st.tuples(st.sampled_from(["back", "exit"]), st.just(())),
)
orders: st.SearchStrategy[tuple[str, tuple[Scalar, ...]]] = st.one_of(
    st.tuples(st.just("kick"), st.tuples(names, st.just("rude"))),
    st.tuples(
        st.just("ban"), st.tuples(names, st.booleans(), st.sampled_from([0, 1, 600, 10**10, -1]), st.just("spam"))
    ),
    st.tuples(st.just("mute"), st.tuples(names, st.sampled_from([0, 1, 600]), st.just(""))),
    st.tuples(st.sampled_from(["unban", "unmute", "release"]), st.tuples(names)),
    st.tuples(st.just("announce"), st.tuples(st.text(max_size=5))),
)
party_wishes: st.SearchStrategy[tuple[str, tuple[Scalar, ...]]] = st.one_of(
    st.tuples(st.just("party_say"), st.tuples(st.just("psst"), st.booleans())),
    st.tuples(st.just("party_leave"), st.just(())),
    st.tuples(st.sampled_from(["party_kick", "party_lead", "party_lead"]), st.tuples(names)),
)


class Hostile(RuleBasedStateMachine):
    """Entries as a broken or hostile shell and its clients may submit them."""

    def __init__(self) -> None:
        super().__init__()
        self.chat = Rules(State())
        self.witness = Witness()
        self.at = START
        self.sessions: list[str] = []
        self.parties: list[str] = []
        self.timeouts: list[Entry] = []

    def apply(self, entry: Entry) -> None:
        self.witness.see(entry, self.chat.apply(entry), self.chat.state)

    def command(self, pick: int, op: str, args: tuple[Scalar, ...], skew: int = 0, instance: int = 1) -> None:
        """Gives a command in the name of somebody who is online, if anybody is."""
        online = sorted(self.witness.sessions)
        if not online:
            return
        session = online[pick % len(online)]
        given = self.witness.answers.get((self.witness.sessions[session], instance), [])
        self.parties.append(f"party-{len(self.parties)}")
        self.apply(Command(self.at, session, instance, len(given) + 1 + skew, op, args, self.parties[-1]))

    @initialize(settings=brokers)
    def begin(self, settings: Settings) -> None:
        self.apply(Started(self.at, settings))
        for name in ("alice", "Bob", "carol"):
            self.register(name, None, 1, False)

    @rule(
        name=names,
        owner=st.none() | names,
        run=st.integers(1, 2),
        takeover=st.booleans(),
        address=st.sampled_from(["192.0.2.1", "192.0.2.2"]),
        listed=st.sampled_from([True, True, False]),
        invite=st.sampled_from([b"", b"code", b"another"]),
    )
    def register(
        self,
        name: str,
        owner: str | None,
        run: int,
        takeover: bool,
        address: str = "192.0.2.1",
        listed: bool = True,
        invite: bytes = b"",
    ) -> None:
        self.sessions.append(f"session-{len(self.sessions)}")
        key = key_of(name if owner is None else owner)
        self.apply(Registering(self.at, self.sessions[-1], name, key, run, takeover, address, listed, invite))

    @rule(name=st.text(max_size=5))
    def register_garbage(self, name: str) -> None:
        self.sessions.append(f"session-{len(self.sessions)}")
        self.apply(Registering(self.at, self.sessions[-1], name, b"key", 1, True, ""))

    @rule(pick=picks, wish=wishes, skew=skews)
    def talk(self, pick: int, wish: tuple[str, tuple[Scalar, ...]], skew: int) -> None:
        self.command(pick, *wish, skew)

    @rule(inviter=picks, invitee=picks)
    def befriend(self, inviter: int, invitee: int) -> None:
        """Two who are online end up in one party, if the rules allow it."""
        users = [self.witness.sessions[session] for session in sorted(self.witness.sessions)]
        if not users:
            return
        self.command(inviter, "party_invite", (users[invitee % len(users)],))
        party = self.chat.state.party_of(users[inviter % len(users)])
        self.command(invitee, "party_accept", ("none" if party is None else party.id,))

    @rule(pick=picks, op=st.sampled_from(["party_kick", "party_lead"]), which=picks)
    def order_a_member(self, pick: int, op: str, which: int) -> None:
        """The leader of a party gives an order."""
        parties = [self.chat.state.parties[party] for party in sorted(self.chat.state.parties)]
        users = [self.witness.sessions[session] for session in sorted(self.witness.sessions)]
        led = [party for party in parties if party.leader in users]
        if led:
            party = led[pick % len(led)]
            self.command(users.index(party.leader), op, (party.users[which % len(party.users)],))

    @rule(pick=picks, back=st.booleans(), run=st.integers(1, 2))
    def lose_the_connection(self, pick: int, back: bool, run: int) -> None:
        """Somebody falls silent, and maybe comes back."""
        online = sorted(self.witness.sessions)
        if online:
            session = online[pick % len(online)]
            user = self.witness.sessions[session]
            self.apply(SessionExpired(self.at, session))
            if back:
                self.register(user, None, run, False)

    @rule(pick=picks, name=names)
    def invite(self, pick: int, name: str) -> None:
        self.command(pick, "party_invite", (name,))

    @rule(pick=picks, answer=st.sampled_from(["party_accept", "party_accept", "party_decline"]), which=picks)
    def answer_an_invitation(self, pick: int, answer: str, which: int) -> None:
        open_ones = [(i.party, i.invitee) for kept in self.chat.state.invitations.values() for i in kept.values()]
        party, invitee = sorted(open_ones)[which % len(open_ones)] if open_ones else ("none", "")
        online = [self.witness.sessions[session] for session in sorted(self.witness.sessions)]
        self.command(online.index(invitee) if invitee in online else pick, answer, (party,))

    @rule(pick=picks, wish=party_wishes, skew=skews)
    def party(self, pick: int, wish: tuple[str, tuple[Scalar, ...]], skew: int) -> None:
        self.command(pick, *wish, skew)

    @rule(pick=picks, wish=orders, by_admin=st.booleans())
    def keep_order(self, pick: int, wish: tuple[str, tuple[Scalar, ...]], by_admin: bool) -> None:
        online = [self.witness.sessions[session] for session in sorted(self.witness.sessions)]
        admins = [user for user in self.chat.state.settings.admins if user in online]
        self.command(online.index(admins[pick % len(admins)]) if by_admin and admins else pick, *wish)

    @rule(digest=st.sampled_from([b"code", b"another"]), valid_ms=st.sampled_from([-1, 1, MINUTE, DAY]))
    def issue_a_code(self, digest: bytes, valid_ms: int) -> None:
        self.apply(CodeIssued(self.at, digest, self.at + valid_ms, ""))

    @rule(digest=st.sampled_from([b"code", b"another"]), pick=picks)
    def take_an_invitation_back(self, digest: bytes, pick: int) -> None:
        guests = sorted(self.chat.state.guests)
        self.apply(Withdrawn(self.at, b"", guests[pick % len(guests)]) if guests else Withdrawn(self.at, digest, b""))

    @rule(pick=picks, which=picks)
    def accept_an_old_invitation(self, pick: int, which: int) -> None:
        if self.parties:
            self.command(pick, "party_accept", (self.parties[which % len(self.parties)],))

    @rule(
        pick=picks,
        op=st.sampled_from(sorted(COMMANDS)) | st.text(max_size=9),
        args=st.lists(scalars, max_size=4),
        instance=st.sampled_from([1, 1, 2, 2**64 - 1]),
    )
    def garbage(self, pick: int, op: str, args: list[Scalar], instance: int) -> None:
        self.command(pick, op, tuple(args), instance=instance)

    @rule(which=picks, session=st.text(max_size=3), n=st.integers(-1, 5))
    def command_of_an_old_or_unknown_session(self, which: int, session: str, n: int) -> None:
        gone = [known for known in self.sessions if known not in self.witness.sessions]
        name = gone[which % len(gone)] if gone else session
        self.apply(Command(self.at, name, 1, n, "say", ("ghost", False), "party"))

    @rule(pick=picks)
    def new_instances_without_end(self, pick: int) -> None:
        for instance in range(100, 117):
            self.command(pick, "back", (), instance=instance)

    @rule(which=picks)
    def expire_a_session_old_or_new(self, which: int) -> None:
        newest = self.sessions[-8:]
        self.apply(SessionExpired(self.at, newest[which % len(newest)]))

    @rule(jump=jumps)
    def pass_time(self, jump: int) -> None:
        self.at += jump

    @rule(ahead=st.sampled_from([0, 0, 5 * MINUTE, DAY]), prompt=st.booleans())
    def time_out(self, ahead: int, prompt: bool) -> None:
        """What is due is carried out, maybe too early, maybe twice, maybe later."""
        entries = due(self.chat.state, self.at + ahead)
        self.timeouts += entries
        for entry in entries * 2 if prompt else []:
            self.apply(entry)

    @rule()
    def time_out_too_late(self) -> None:
        for entry in self.timeouts[-8:]:
            self.apply(entry)

    @rule(name=names, moment=st.integers(0, START * 2))
    def time_out_at_random(self, name: str, moment: int) -> None:
        self.apply(SeatExpired(self.at, name, moment))
        self.apply(InvitationExpired(self.at, "party-3", name, moment))

    @rule(settings=brokers)
    def start_again(self, settings: Settings) -> None:
        self.apply(Started(self.at, settings))

    @rule()
    def prune(self) -> None:
        self.apply(Pruned(self.at))


TestHostile = Hostile.TestCase
TestHostile.settings = settings(
    max_examples=RUNS, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None
)
