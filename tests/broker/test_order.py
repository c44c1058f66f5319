"""The embedded order hands entries through, each at the next position."""

from zchat_broker.order import EmbeddedOrder, Ordered
from zchat_broker.rules.entries import Pruned


def test_entries_come_out_as_they_went_in_at_dense_positions() -> None:
    order = EmbeddedOrder(41)
    for at in (3, 1, 2):
        order.submit(Pruned(at))
    assert order.take() == Ordered(44, [Pruned(3), Pruned(1), Pruned(2)])


def test_an_entry_comes_out_once() -> None:
    order = EmbeddedOrder(0)
    order.submit(Pruned(1))
    assert len(order.take().entries) == 1
    assert order.take() == Ordered(1, [])
    order.submit(Pruned(2))
    assert order.take() == Ordered(2, [Pruned(2)])


def test_what_is_submitted_while_the_taken_is_applied_comes_with_the_next_turn() -> None:
    order = EmbeddedOrder(0)
    order.submit(Pruned(1))
    for _ in order.take().entries:
        order.submit(Pruned(2))
    assert order.take() == Ordered(2, [Pruned(2)])
