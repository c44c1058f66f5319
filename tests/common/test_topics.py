"""The name of a topic says whose it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_common.topics import PUBLIC, party_of, party_topic, user_of, user_topic

ids = st.text(min_size=1, max_size=40)


@given(ids)
def test_a_user_topic_names_its_user(folded: str) -> None:
    assert user_of(user_topic(folded)) == folded
    assert party_of(user_topic(folded)) is None


@given(ids)
def test_a_party_topic_names_its_party(party: str) -> None:
    assert party_of(party_topic(party)) == party
    assert user_of(party_topic(party)) is None


def test_they_look_as_the_design_says() -> None:
    assert (PUBLIC, user_topic("alice"), party_topic("p1")) == ("public", "user.alice", "party.p1")


@pytest.mark.parametrize("topic", [PUBLIC, "", "user", "party", "users.x", "xuser.alice", "USER.alice", "pace"])
def test_other_topics_are_nobody_s(topic: str) -> None:
    assert user_of(topic) is None
    assert party_of(topic) is None


def test_a_name_that_looks_like_a_topic_stays_a_name() -> None:
    assert user_of(user_topic("party.p1")) == "party.p1"
    assert party_of(user_topic("party.p1")) is None
