"""What holds for all messages together; their bytes are tested with the wire."""

from typing import get_args, get_type_hints

import pytest

from zchat_common import messages as m

UPSTREAM: tuple[type, ...] = get_args(m.Upstream)
DOWNSTREAM: tuple[type, ...] = get_args(m.Downstream)
KEPT: tuple[type, ...] = get_args(m.Kept)
PASSING: tuple[type, ...] = get_args(m.Passing)


def names(cls: type) -> list[str]:
    return list(get_type_hints(cls))


def test_every_message_goes_one_way_only() -> None:
    every = UPSTREAM + DOWNSTREAM + KEPT + PASSING
    assert len(every) == len(set(every))
    assert set(every) == set(get_args(m.Message))


@pytest.mark.parametrize("cls", [cls for cls in UPSTREAM if cls is not m.Register], ids=lambda cls: cls.__name__)
def test_whatever_a_client_sends_after_registering_begins_with_its_token(cls: type) -> None:
    assert names(cls)[0] == "token"
    assert get_type_hints(cls)["token"] is bytes


@pytest.mark.parametrize("cls", [*KEPT, m.Unknown], ids=lambda cls: cls.__name__)
def test_what_is_kept_begins_with_seq_and_time(cls: type) -> None:
    """A later type keeps its place in the topic at readers that do not know it."""
    assert names(cls)[:2] == ["seq", "at"]


@pytest.mark.parametrize("cls", PASSING, ids=lambda cls: cls.__name__)
def test_what_passes_has_no_seq(cls: type) -> None:
    assert "seq" not in names(cls)


@pytest.mark.parametrize(
    ("question", "answer"),
    [(m.AskRoster, m.Roster), (m.AskParty, m.Party), (m.AskHistory, m.History), (m.AskKeys, m.Keys)],
)
def test_an_answer_names_its_question_first(question: type, answer: type) -> None:
    assert names(question)[:2] == ["token", "ask"]
    assert names(answer)[0] == names(m.Denied)[0] == "ask"


@pytest.mark.parametrize("cls", [m.Answer, m.Refusal, m.Expected], ids=lambda cls: cls.__name__)
def test_an_answer_to_a_command_names_its_number_first(cls: type) -> None:
    assert names(cls)[:2] == ["instance", "n"]


def test_a_key_does_not_stand_in_what_everybody_reads() -> None:
    """Keys travel over CURVE, or sealed on a user's own topic."""
    carriers = {cls for cls in get_args(m.Message) if "TopicKey" in str(get_type_hints(cls))}
    assert carriers == {m.Registered, m.Keys, m.NewKey}
