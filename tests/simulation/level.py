"""Whether everybody is where the broker is: what a world waits for once nothing goes wrong any more."""

from collections.abc import Iterable

from tests.simulation.clients import Run, User
from tests.simulation.judge import Judge
from tests.simulation.reader import Reader
from zchat_broker.rules import State
from zchat_broker.rules.views import open_invitations, party_state, receipt_due, roster
from zchat_client.core.session import Phase
from zchat_common.topics import PUBLIC, party_topic, user_topic


def lagging(users: Iterable[User], judge: Judge, state: State) -> str:
    """What is still missing until everybody is level; empty if nothing is."""
    runs = [user.run for user in users if user.run is not None]
    online = sorted([run.user.folded for run in runs])
    if online != sorted(state.sessions):
        return f"{online} are here, but there are sessions of {sorted(state.sessions)}"
    for run in runs:
        if judge.unanswered(run):
            return f"{run.label} waits for the answers to {judge.unanswered(run)}"
        lag = _lag_of(run, judge.readers[run.label], state)
        if lag:
            return f"{run.label} {lag}"
    return ""


def _lag_of(run: Run, reader: Reader, state: State) -> str:
    session, user = run.session, run.user.folded
    if session.phase is not Phase.ONLINE or not reader.in_place:
        return f"is {session.phase}"
    if session.outbox.waiting:
        return f"waits for {session.outbox.waiting}"
    party = party_state(state, user)
    membership, known = session.reading.membership, session.reading.roster
    if membership.party != party:
        return f"believes to be in {membership.party}, not in {party}"
    invited = sorted([party_topic(invitation.party) for invitation in open_invitations(state, user)])
    if sorted(membership.invited_topics()) != invited:
        return f"believes to be invited to {membership.invited_topics()}, not to {invited}"
    if (known.version, known.entries()) != (state.roster_version, roster(state)):
        return f"has the roster {known.version} of {state.roster_version}"
    topics = [PUBLIC, user_topic(user), *([] if party is None else [party_topic(party.party)])]
    if reader.alarms.missing:
        return reader.alarms.missing
    behind = [topic for topic in topics if not reader.is_level(topic)]
    if behind:
        return f"is not level in {behind}"
    if receipt_due(state, user):
        return f"owes the receipt of {receipt_due(state, user)}"
    subscribed = [] if run.wires is None else run.wires.topics()
    if sorted(subscribed) != sorted({*topics, *invited}):
        return f"is subscribed to {subscribed}, not to {topics} and {invited}"
    return ""
