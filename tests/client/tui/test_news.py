"""What is new in one conversation, and the line that shows where it begins."""

import pytest

from zchat_client.tui.line import Kind, Line
from zchat_client.tui.news import News


class Log:
    """Lines from 1 on, and what is new among them."""

    def __init__(self, count: int) -> None:
        self.lines = [Line(Kind.SAID, seq, "hi", "bob", seq=seq) for seq in range(1, count + 1)]
        self.moves = 0
        self.news = News(self.lines, self._move)

    def _move(self) -> None:
        self.moves += 1

    def says(self, *, mention: bool = False) -> Line:
        self.lines.append(Line(Kind.SAID, 9, "hi", "bob", seq=len(self.lines) + 1, mention=mention))
        return self.lines[-1]

    def marked(self) -> int:
        """Where the mark stands."""
        assert self.news.mark is not None
        return self.lines.index(self.news.mark)


@pytest.fixture
def log() -> Log:
    """Two messages that somebody has read."""
    log = Log(2)
    log.news.mark_read(2)
    return log


def test_the_mark_stands_before_the_first_that_came_unseen(log: Log) -> None:
    log.news.count_unread(log.says())
    log.news.count_unread(log.says(mention=True))
    assert (log.news.unread, log.news.mentions, log.news.new) == (2, 1, 2)
    assert (log.marked(), log.moves) == (2, 1)
    assert log.news.known_up_to == 2


def test_what_was_read_is_new_until_its_reader_looks_away(log: Log) -> None:
    log.news.count_unread(log.says())
    log.news.mark_read(3)
    assert (log.news.unread, log.news.new, log.news.read_seq, log.news.known_up_to) == (0, 1, 3, 2)
    log.news.look_away()
    assert log.news.mark is None
    assert (log.news.new, log.news.known_up_to, log.moves) == (0, 3, 2)
    assert Kind.NEW not in [line.kind for line in log.lines]


def test_what_is_new_stays_so_when_the_first_of_it_has_gone_at_the_top(log: Log) -> None:
    for _ in range(3):
        log.news.count_unread(log.says())
    gone = {line.number for line in log.lines[:5]}
    del log.lines[:5]
    log.says()
    log.news.dropped(gone)
    log.news.look_away()
    assert (log.marked(), log.news.new) == (0, 3)


def test_what_came_further_down_than_somebody_has_seen_is_new_when_he_looks_away(log: Log) -> None:
    log.news.mark_new(log.says())
    first = log.says()
    log.news.count_unread(first)
    log.news.mark_seen = True
    log.news.look_away()
    assert log.lines[log.marked() + 1] is first
    assert (log.news.new, log.news.mark_seen) == (1, False)


def test_older_messages_that_are_new_too_take_the_mark_up(log: Log) -> None:
    log.news.count_unread(log.says())
    page = [Line(Kind.SAID, 0, "hi", "bob") for _ in range(2)]
    log.lines[:0] = page
    log.news.mark_older(page)
    log.news.count_older(page)
    assert (log.marked(), log.news.new, log.news.unread) == (0, 3, 3)
    assert [line.kind for line in log.lines].count(Kind.NEW) == 1


def test_more_may_be_new_further_up_as_long_as_nothing_that_was_said_stands_above_the_mark(log: Log) -> None:
    assert not log.news.begins_at_top
    log.news.count_unread(log.says())
    assert not log.news.begins_at_top
    del log.lines[:2]
    assert log.news.begins_at_top


@pytest.mark.parametrize("read", [True, False])
def test_a_mark_that_goes_with_the_oldest_lines_stays_at_the_top_unless_all_was_read(log: Log, read: bool) -> None:
    for _ in range(3):
        log.news.count_unread(log.says())
    if read:
        log.news.mark_read(5)
    gone = {line.number for line in log.lines[:4]}
    del log.lines[:4]
    log.news.dropped(gone)
    assert [line.kind for line in log.lines] == [*([] if read else [Kind.NEW]), Kind.SAID, Kind.SAID]
    assert (log.news.mark is None, log.news.new) == (read, 0 if read else 3)


def test_what_was_read_beyond_the_last_message_is_not_among_them_any_more(log: Log) -> None:
    log.news.behind(5)
    assert log.news.read_seq == 2
    log.news.behind(1)
    assert log.news.read_seq == 1


def test_other_messages_are_read_from_the_first_on(log: Log) -> None:
    log.news.count_unread(log.says())
    log.news.begin_anew()
    assert (log.news.read_seq, log.news.known_up_to) == (0, 0)
