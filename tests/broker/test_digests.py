"""A topic's digest follows from all that was posted to it, and from random bytes that nobody can guess."""

import random
from hashlib import sha256

from zchat_broker.digests import DIGEST_BYTES, Digests, follows
from zchat_common.messages import TopicState


def digests(seed: int = 1, **kept: bytes) -> Digests:
    return Digests(random.Random(seed).randbytes, kept)


def test_each_message_makes_the_next_digest() -> None:
    found = digests()
    first = found.now("public")
    assert len(first) == DIGEST_BYTES
    assert found.add("public", b"one") == (first, sha256(first + b"one").digest())
    before, after = found.add("public", b"two")
    assert before == sha256(first + b"one").digest()
    assert found.now("public") == after == sha256(before + b"two").digest()


def test_the_same_words_have_another_digest_in_another_topic_and_at_another_broker() -> None:
    one, other = digests(1), digests(2)
    assert len({one.add("public", b"hi")[1], one.add("party.p", b"hi")[1], other.add("public", b"hi")[1]}) == 3


def test_what_was_kept_goes_on() -> None:
    assert digests(public=b"kept").add("public", b"one") == (b"kept", sha256(b"kept" + b"one").digest())


def test_a_digest_that_begins_anew_tells_nothing_of_the_one_before() -> None:
    found = digests()
    found.add("party.p", b"secret")
    fresh = found.restart("party.p")
    assert fresh == found.now("party.p") == found.add("party.p", b"next")[0]
    again = digests()
    again.add("party.p", b"another secret")
    assert again.restart("party.p") == fresh, "it depends on random bytes alone"


def test_a_failed_turn_is_taken_back() -> None:
    found = digests(public=b"kept")
    found.add("public", b"lost")
    found.reset({"public": b"kept"})
    assert found.now("public") == b"kept"


def test_a_topic_that_is_gone_begins_anew() -> None:
    found = digests(public=b"kept")
    found.forget("public")
    assert found.now("public") != b"kept"


def test_states_are_stamped_but_for_tails() -> None:
    going, tail = TopicState("party.p", 9, 5), TopicState("party.p", 3, 1, told_seq=7)
    found = digests()
    assert found.stamp((tail, going)) == (tail, going._replace(digest=found.now("party.p")))


def test_a_message_follows_on_the_one_before_it() -> None:
    assert follows(b"before", b"body", sha256(b"before" + b"body").digest())
    assert not follows(b"before", b"other", sha256(b"before" + b"body").digest())
    assert follows(b"", b"from before there were digests", b"")
    assert not follows(b"", b"the last one without", b"x" * DIGEST_BYTES)
