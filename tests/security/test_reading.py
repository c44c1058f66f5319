"""Whoever asks the broker for what is not his to read: topics, times before he came and after he left, a freed name.

Each attack is a function that returns what it got.
"""

from collections.abc import Callable

from tests.security.test_listening import join
from tests.system.peer import Peer, Registered
from tests.system.processes import Broker, House, unique
from zchat_common import messages as m
from zchat_common.topics import party_topic, user_topic

Without = Callable[..., Broker]


def said(history: list[m.Kept | m.Unknown] | str) -> list[str]:
    """The texts in a history, or the code of the refusal."""
    return [each.text for each in history if isinstance(each, m.Say)] if isinstance(history, list) else [history]


def ask_for_topics_of_others(broker: Broker) -> set[str]:
    """The kinds of topics of other people of which something was read."""
    with Peer(broker) as a, Peer(broker) as b, Peer(broker) as c:
        alice, bob, mallory = [Registered(peer, unique("somebody")) for peer in (a, b, c)]
        party = join(alice, bob)
        alice.done("party_say", "for two", False)
        alice.whispers(bob.name, "for bob")
        alice.peer.hear(m.Answer)
        topics = [party_topic(party), user_topic(alice.name), user_topic(bob.name), "user.", "party.", "", "public\0"]
        return {topic.partition(".")[0] for topic in topics if said_any(mallory, topic)}


def said_any(who: Registered, topic: str) -> bool:
    """Whether there is anything that he may read there."""
    history = who.history(topic)
    return isinstance(history, list) and history != []


def test_topics_of_others_are_not_answered(broker: Broker) -> None:
    assert ask_for_topics_of_others(broker) == set()


def test_if_everybody_might_read_they_would_be(without: Without) -> None:
    assert ask_for_topics_of_others(without("readers of topics")) == {"party", "user"}


def ask_around_a_membership(broker: Broker) -> list[list[str]]:
    """What a member, and then a former member, reads of his party."""
    with Peer(broker) as a, Peer(broker) as b, Peer(broker) as c:
        alice, bob, mallory = [Registered(peer, unique("somebody")) for peer in (a, b, c)]
        party = join(alice, bob)
        alice.done("party_say", "before", False)
        alice.done("party_invite", mallory.name)
        mallory.done("party_accept", mallory.invited_to())
        alice.done("party_say", "meanwhile", False)
        found = [said(mallory.history(party_topic(party)))]
        mallory.done("party_leave")
        alice.done("party_say", "after", False)
        return [*found, said(mallory.history(party_topic(party)))]


def test_a_member_reads_his_party_from_his_joining_up_to_his_leave(broker: Broker) -> None:
    assert ask_around_a_membership(broker) == [["meanwhile"]] * 2


def test_if_members_read_from_the_first_on_he_would_read_what_was_before(without: Without) -> None:
    assert all("before" in read for read in ask_around_a_membership(without("from the joining on")))


def test_if_the_part_of_a_member_had_no_end_he_would_read_what_came_after(without: Without) -> None:
    assert "after" in ask_around_a_membership(without("up to the leave"))[-1]


def take_over_a_freed_name(broker: Broker) -> list[str]:
    """Registers a name that fell free, and asks for all that was its owner's; returns what kinds of messages came."""
    with Peer(broker) as a, Peer(broker) as b, Peer(broker) as c:
        alice, bob = Registered(a, unique("alice")), Registered(b, unique("bob"))
        alice.whispers(bob.name, "for the first bob")
        a.hear(m.Answer)
        alice.done("party_invite", bob.name)
        bob.done("exit")
        alice.whispers(bob.name, "stored for the first bob")
        a.hear(m.Answer)
        new = Registered(c, bob.name)
        history = new.history(user_topic(bob.name))
        invitations = new.at_first.invitations
        assert isinstance(history, list)
        return [type(each).__name__ for each in (*history, *invitations)]


def test_the_new_owner_of_a_freed_name_gets_nothing_of_the_old_one_s(house: House) -> None:
    assert take_over_a_freed_name(house.broker("--rate", "0", "--name-days", "0")) == []


def test_if_a_freed_name_were_not_emptied_he_would_get_all(without: Without) -> None:
    got = take_over_a_freed_name(without("a freed name is empty", "--name-days", "0"))
    assert got.count("Whisper") == 2
    assert "OpenInvitation" in got
