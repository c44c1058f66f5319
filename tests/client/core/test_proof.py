"""Forged lines are found by what only the broker can say; what it did say is never called forged."""

from hashlib import sha256

import pytest

from tests.client.core.scripted import OWN, PARTY, Desk, changed, say
from zchat_client.core.proof import Item, Proof, chained
from zchat_client.events import Error, Message, Party
from zchat_common import messages as m
from zchat_common import wire

D0 = b"0" * 32


def after(digest: bytes, *messages: m.Kept) -> bytes:
    """The digest after these."""
    for message in messages:
        digest = sha256(digest + wire.encode(message)).digest()
    return digest


def false(seq: int) -> m.Say:
    return say(seq, f"forged {seq}")


class Path(Desk):
    """A desk whose broker tells digests, and where somebody forges on the topics link."""

    def __init__(self) -> None:
        super().__init__()
        self.digests = {"public": D0, OWN: D0}
        self.connect()
        self.forget()

    def kept(self, *messages: m.Kept, topic: str = "public") -> None:
        """The broker keeps these; their frame does not come."""
        self.last[topic] = messages[-1].seq
        self.digests[topic] = after(self.digests[topic], *messages)

    def says(self, *messages: m.Kept, topic: str = "public") -> None:
        """The broker keeps and publishes these."""
        self.kept(*messages, topic=topic)
        self.read(topic, *messages)

    def forges(self, *messages: m.Published, topic: str = "public") -> None:
        """These come, and are not the broker's."""
        last = dict(self.last)
        self.read(topic, *messages)
        self.last = last

    def beat(self) -> None:
        self.wait(3.0)
        self.pong()

    def alarms(self) -> list[tuple[str | None, int | None]]:
        assert all(error.code == "stream_forged" for error in self.seen(Error))
        return [(error.topic, error.seq) for error in self.seen(Error)]

    def questions(self) -> list[tuple[str, int | None, int | None]]:
        return [(each.topic, each.after, each.before) for each in self.of(m.AskHistory)]


@pytest.fixture
def path() -> Path:
    return Path()


# -- honest talk ------------------------------------------------------------------------------------------------------


def test_honest_talk_is_proven_by_each_pong_without_a_question(path: Path) -> None:
    for seq in range(1, 30, 3):
        path.says(say(seq), say(seq + 1), say(seq + 2))
        path.beat()
    assert path.questions() == []
    assert path.alarms() == []


def test_a_page_proves_what_was_shown_before_it(path: Path) -> None:
    path.says(say(1), say(2))
    path.kept(say(3))
    path.says(say(4))
    path.give_page(say(3), digest=after(D0, say(1), say(2)))
    path.beat()
    assert path.questions() == [("public", 2, 4)]
    assert path.alarms() == []


def test_a_pong_that_comes_late_is_a_suspicion_and_no_alarm(path: Path) -> None:
    """Somebody keeps it back; or it came by a way of its own."""
    path.wait(3.0)
    number = path.of(m.Ping)[-1].number
    late = path.frame(OWN, m.Pong("Alice", number, 1, path.roster_version, 1, path.states()))
    path.says(say(1))
    path.deliver(late)
    assert path.questions() == [("public", 0, None)]
    path.give_page(say(1), digest=D0)
    path.beat()
    assert path.alarms() == []
    assert len(path.questions()) == 1


def test_messages_of_before_there_were_digests_are_shown_as_ever() -> None:
    desk = Desk()
    desk.last["public"] = 2
    desk.connect()
    desk.give_page(say(1), say(2))
    desk.digests["public"] = D0
    desk.wait(3.0)
    desk.pong()
    desk.digests["public"] = after(D0, say(3))
    desk.read("public", say(3))
    desk.wait(3.0)
    desk.pong()
    assert desk.seen(Error) == []
    assert len(desk.of(m.AskHistory)) == 1


# -- forged lines -----------------------------------------------------------------------------------------------------


def test_another_text_in_the_place_of_a_line_is_marked_and_the_true_one_shown(path: Path) -> None:
    path.says(say(1))
    path.kept(say(2))
    path.forges(false(2))
    path.says(say(3))
    assert path.texts() == ["text 1", "forged 2", "text 3"]
    path.beat()
    path.give_page(say(1), say(2), say(3), digest=D0)
    assert path.alarms() == [("public", 2)]
    assert "forged 2" in path.seen(Error)[0].text
    assert [(event.seq, event.text) for event in path.seen(Message)][-1] == (2, "text 2")
    path.says(say(4))
    path.beat()
    assert len(path.questions()) == 1
    assert path.positions["public"] == 4


def test_lines_beyond_the_end_are_marked_and_their_places_are_free_again(path: Path) -> None:
    path.says(say(1))
    path.forges(false(2), false(3))
    path.beat()
    path.give_page(say(1), digest=D0)
    assert path.alarms() == []
    path.give_page()
    assert path.alarms() == [("public", 2), ("public", 3)]
    assert path.positions["public"] == 1
    path.says(say(2))
    assert path.texts()[-1] == "text 2"
    path.beat()
    assert len(path.questions()) == 2


def test_what_came_after_the_question_is_not_judged_by_its_answer(path: Path) -> None:
    path.forges(false(1))
    path.beat()
    path.says(say(1), say(2))
    path.answer_page(path.of(m.AskHistory)[-1], last=0)
    assert path.alarms() == [("public", 1)]
    path.give_page(say(1), say(2), digest=D0)
    assert path.alarms() == [("public", 1)]
    assert sorted(path.texts()[:-1])[:1] == ['FORGED: line 1 of public, "forged 1" by Bob, never came from the broker.']
    assert [event.text for event in path.seen(Message)] == ["forged 1", "text 2", "text 1"]


def test_a_true_line_that_comes_after_a_forged_one_is_a_suspicion_at_once(path: Path) -> None:
    path.forges(false(1))
    path.says(say(1))
    assert path.questions() == [("public", 0, None)]
    path.give_page(say(1), digest=D0)
    assert path.alarms() == [("public", 1)]


def test_a_forged_line_far_ahead_is_not_shown_and_asked_for_but_once(path: Path) -> None:
    path.forges(false(10**9))
    path.give_page()
    path.forges(false(500))
    path.give_page()
    assert path.alarms() == [("public", 500)]
    assert path.seen(Message) == []
    assert len(path.questions()) == 2
    path.says(say(1))
    path.beat()
    assert path.texts()[-1] == "text 1"
    assert len(path.questions()) == 2


def test_a_line_that_was_proven_cannot_be_forged_any_more(path: Path) -> None:
    path.says(say(1))
    path.beat()
    path.forges(false(1))
    path.beat()
    assert path.texts() == ["text 1"]
    assert path.questions() == []


def test_lines_forged_before_a_cut_are_found_after_it(path: Path) -> None:
    path.says(say(1))
    path.beat()
    path.forges(false(2))
    path.reconnect()
    path.give_page()
    assert path.alarms() == [("public", 2)]
    assert path.positions["public"] == 1


def test_a_broker_that_was_set_back_is_not_taken_for_somebody_who_forges() -> None:
    path = Path()
    path.says(say(1))
    path.beat()
    path.says(say(2))
    path.last["public"], path.digests["public"] = 1, after(D0, say(1))
    path.change_key("public")
    path.reconnect()
    assert [error.code for error in path.seen(Error)] == ["history_changed"]
    assert path.positions["public"] == 1


def test_what_is_left_of_a_topic_that_was_set_back_is_proven_all_the_same(path: Path) -> None:
    path.kept(say(1))
    path.forges(false(1), false(2))
    path.change_key("public")
    path.reconnect()
    path.give_page(say(1), digest=D0)
    assert [(error.code, error.seq) for error in path.seen(Error)] == [("history_changed", None), ("stream_forged", 1)]
    assert path.texts()[-1] == "text 1"


def test_a_refused_question_says_nothing_and_is_asked_again(path: Path) -> None:
    path.forges(false(1))
    path.beat()
    path.hear(m.Denied(path.of(m.AskHistory)[-1].ask, "storage_failed", "no"))
    assert path.alarms() == []
    path.beat()
    path.give_page()
    assert path.alarms() == [("public", 1)]


def test_a_suspicion_outlasts_a_refused_question(path: Path) -> None:
    """What comes by a page has a true digest, which says nothing of the line before it."""
    path.kept(say(1), say(2))
    path.forges(false(1))
    path.beat()
    path.give_page(say(2), digest=after(D0, say(1)))
    path.hear(m.Denied(path.of(m.AskHistory)[-1].ask, "storage_failed", "no"))
    assert len(path.questions()) == 2, "not again at once"
    path.beat()
    path.give_page(say(1), say(2), digest=D0)
    assert path.questions() == [("public", 1, None), ("public", 0, None), ("public", 0, None)]
    assert path.alarms() == [("public", 1)]


def test_a_true_line_before_forged_ones_that_comes_after_the_question_is_not_judged_by_its_answer(path: Path) -> None:
    path.forges(false(2), false(3))
    path.says(say(1))
    assert path.texts() == ["text 1", "forged 2", "forged 3"]
    path.answer_page(path.of(m.AskHistory)[-1], last=0)
    assert path.alarms() == [("public", 2), ("public", 3)]
    assert path.positions["public"] == 1
    path.says(say(2))
    path.give_page(say(1), say(2), digest=D0)
    assert [event.text for event in path.seen(Message)] == ["text 1", "forged 2", "forged 3", "text 2"]
    path.beat()
    assert path.alarms() == [("public", 2), ("public", 3)]


# -- parties ----------------------------------------------------------------------------------------------------------


def in_party() -> Path:
    path = Path()
    path.last["party.p1"], path.start["party.p1"], path.digests["party.p1"] = 3, 3, D0
    path.reconnect(party=PARTY)
    path.pong("party.p1")
    path.give_page(changed(3, "joined", "Alice", "Bob", "Alice"), first=3, digest=b"1" * 32)
    path.forget()
    return path


def test_a_party_goes_on_under_a_new_key_from_the_digest_that_came_with_it() -> None:
    path = in_party()
    path.read(OWN, m.NewKey(path.change_key("party.p1"), 3, b"2" * 32))
    path.digests["party.p1"] = b"2" * 32
    path.says(changed(4, "joined", "carol", "Bob", "Alice", "carol"), say(5), topic="party.p1")
    path.beat()
    assert path.questions() == []


def test_with_a_new_key_comes_proof_of_what_was_shown_before_it() -> None:
    path = in_party()
    path.beat()
    path.says(say(4), topic="party.p1")
    path.read(OWN, m.NewKey(path.change_key("party.p1"), 4, b"2" * 32, after(D0, say(4))))
    path.digests["party.p1"] = b"2" * 32
    path.says(changed(5, "joined", "carol", "Bob", "Alice", "carol"), say(6), topic="party.p1")
    path.beat()
    assert path.questions() == []


def test_a_line_forged_just_before_a_new_key_is_found_when_the_key_comes() -> None:
    path = in_party()
    path.beat()
    path.kept(say(4), topic="party.p1")
    path.forges(false(4), topic="party.p1")
    path.read(OWN, m.NewKey(path.change_key("party.p1"), 4, b"2" * 32, after(D0, say(4))))
    path.give_page(say(4), first=3, digest=D0)
    assert path.alarms() == [("party", 4)]
    assert len(path.questions()) == 1


def test_a_digest_that_began_anew_vouches_for_nothing_before_it() -> None:
    path = in_party()
    path.kept(say(4), topic="party.p1")
    path.forges(false(4), topic="party.p1")
    path.read(OWN, m.NewKey(path.change_key("party.p1"), 4, b"2" * 32))
    path.digests["party.p1"] = b"2" * 32
    joined = changed(5, "joined", "carol", "Bob", "Alice", "carol")
    path.says(joined, topic="party.p1")
    path.beat()
    path.give_page(say(4), first=3, digest=D0)
    assert path.alarms() == [("party", 4)]
    path.give_page(joined, first=3, digest=b"2" * 32)
    path.beat()
    assert path.questions() == [("party.p1", 3, None), ("party.p1", 4, None)]
    assert path.alarms() == [("party", 4)]


def test_a_new_key_that_was_missed_is_a_suspicion_and_no_alarm() -> None:
    path = in_party()
    path.digests["party.p1"] = b"2" * 32
    joined = changed(4, "joined", "carol", "Bob", "Alice", "carol")
    path.says(joined, topic="party.p1")
    path.beat()
    assert path.questions() == [("party.p1", 3, None)]
    path.give_page(joined, first=3, digest=b"2" * 32)
    path.beat()
    assert len(path.questions()) == 1
    assert path.alarms() == []


def test_what_a_forged_line_did_to_the_party_is_set_right() -> None:
    path = in_party()
    path.forges(changed(4, "leader", "mallory", "mallory"), topic="party.p1")
    (shown,) = path.seen(Party)
    assert path.session.reading.membership.party == m.PartyState("p1", "mallory", ("mallory",))
    path.beat()
    path.give_page(first=3)
    assert path.alarms() == [("party", 4)] == [shown.place], "who shows it finds the line that it is about"
    path.hear(m.Party(path.of(m.AskParty)[-1].ask, PARTY))
    assert path.session.reading.membership.party == PARTY


def test_a_member_who_forges_pongs_makes_nobody_ask_for_ever() -> None:
    path = in_party()
    far = m.TopicState("party.p1", 10**6, 3, 0, b"9" * 32)
    path.forges(m.Pong("Alice", 99, 1, 77, 10**6, (far,)), topic="party.p1")
    path.give_page(first=3)
    assert len(path.questions()) == 1
    assert path.session.reading.users == 1
    assert path.of(m.AskRoster) == []


def test_a_member_cannot_say_that_one_is_out() -> None:
    path = in_party()
    path.forges(changed(4, "kicked", "Alice", "Bob", part=(3, 10**6)), topic="party.p1")
    path.says(say(4), topic="party.p1")
    path.give_page(say(4), first=3, digest=D0)
    path.beat()
    assert len(path.questions()) == 1
    assert path.session.reading.membership.is_in("p1")
    assert path.alarms() == [("party", 4)]


def test_all_of_a_party_is_proven_before_its_end_is_shown() -> None:
    path = in_party()
    path.says(say(4), topic="party.p1")
    path.forges(false(5), topic="party.p1")
    path.told["party.p1"] = 1
    path.says(changed(1, "kicked", "Alice", "Bob", part=(3, 4)), topic=OWN)
    assert path.seen(Party) == []
    path.give_page(say(4), first=3, digest=D0)
    path.give_page(first=3)
    assert path.alarms() == [("party", 5)]
    assert [event.change for event in path.seen(Party)] == ["kicked"]


# -- bounds -----------------------------------------------------------------------------------------------------------


def test_no_more_is_shown_than_can_be_proven() -> None:
    proof = Proof(0, D0)
    big = b"x" * 100_000
    last = 0
    while not proof.is_full:
        last += 1
        proof.shown(Item(say(last), big))
    assert 80 < last < 90
    assert [proof.is_heavy for _ in range(3)] == [True, False, False]
    digest = D0
    for _ in range(last):
        digest = sha256(digest + big).digest()
    proof.stands(last, last, last, digest)
    assert (proof.is_full, proof.pending) == (False, False)


def test_a_page_is_a_chain() -> None:
    page = chained([(say(1), b"one"), (say(2), b"two")], D0)
    assert [item.digest for item in page] == [D0, sha256(D0 + b"one").digest()]
    assert [item.digest for item in chained([(say(1), b"one"), (say(2), b"two")], b"")] == [b"", b""]
