"""A list at the side: which of its rows are on the screen, and what is told of the others."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from zchat_client.tui.listing import Rows
from zchat_client.tui.look import THEMES, Glyphs, Look
from zchat_client.tui.painting import Piece, Row
from zchat_client.tui.panes import Pane

HEIGHT = 10


class Shelf(App[None]):
    """Nothing but a pane. Of the rows that are beyond it, those in ``told`` are told of."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = Pane(Look(THEMES[0], Glyphs()), "pane")
        self.pane.edges = self._edges
        self.told: set[str] = set()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self.pane

    def _edges(self, hidden: list[str], is_above: bool) -> Row:
        count = len(self.told.intersection(hidden))
        return [Piece(f"{'^' if is_above else 'v'}{count} ")] if count else []

    def on_pane_chosen(self, event: Pane.Chosen) -> None:
        """A row was clicked."""
        self.chosen.append(event.key)

    def rows(self) -> list[str]:
        """The first word of each row on the screen."""
        rows = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in row).split(" ")[0] for row in rows]


def play(scenario: Callable[[Shelf, Pilot[None]], Awaitable[None]]) -> None:
    """Runs a scenario with a pane of ten rows."""

    async def run() -> None:
        shelf = Shelf()
        async with shelf.run_test(size=(22, HEIGHT)) as pilot:
            await scenario(shelf, pilot)

    asyncio.run(run())


def numbered(count: int, selected: int) -> Rows:
    """So many rows, one of them selected."""
    mark = [Piece("", "selected")]
    return [(str(number), [Piece(f"{number} "), *(mark if number == selected else [])]) for number in range(count)]


def words(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def test_it_scrolls_as_little_as_needed_to_what_is_selected_when_that_changes() -> None:
    async def scenario(shelf: Shelf, pilot: Pilot[None]) -> None:
        for selected, first in ((3, 0), (20, 12), (15, 12), (13, 12), (12, 11), (39, 30), (0, 0)):
            shelf.pane.set_rows(numbered(40, selected))
            await pilot.pause()
            assert shelf.rows() == words(first, first + HEIGHT - 1), selected

    play(scenario)


def test_what_somebody_scrolled_to_stays_while_the_same_is_selected() -> None:
    async def scenario(shelf: Shelf, pilot: Pilot[None]) -> None:
        shelf.pane.set_rows(numbered(40, 20))
        await pilot.pause()
        shelf.pane.scroll_to(y=3, animate=False)
        await pilot.pause()
        shelf.pane.set_rows(numbered(41, 20))
        await pilot.pause()
        assert shelf.rows() == words(3, 12)

    play(scenario)


def test_a_list_that_gets_shorter_leaves_no_empty_rows() -> None:
    async def scenario(shelf: Shelf, pilot: Pilot[None]) -> None:
        shelf.pane.set_rows(numbered(40, 3))
        await pilot.pause()
        shelf.pane.scroll_to(y=30, animate=False)
        await pilot.pause()
        assert shelf.rows() == words(30, 39)
        shelf.pane.set_rows(numbered(15, 3))
        await pilot.pause()
        assert shelf.rows() == words(5, 14)

    play(scenario)


def test_what_is_beyond_it_is_told_at_its_edges_and_a_click_goes_there() -> None:
    async def scenario(shelf: Shelf, pilot: Pilot[None]) -> None:
        shelf.told = {"2", "12", "30"}
        shelf.pane.set_rows(numbered(40, 20))
        await pilot.pause()
        assert shelf.rows() == ["^2", *words(13, 20), "v1"]
        await pilot.click(Pane, offset=(1, HEIGHT - 1))
        await pilot.pause()
        assert shelf.rows() == ["^2", *words(23, 31)]
        await pilot.click(Pane, offset=(1, 0))
        await pilot.pause()
        assert shelf.rows() == ["^1", *words(12, 19), "v1"]
        assert shelf.chosen == []
        await pilot.click(Pane, offset=(1, 1))
        await pilot.pause()
        assert shelf.chosen == ["12"]

    play(scenario)


def test_a_row_at_the_edge_is_not_covered_by_what_is_told_of_itself_alone() -> None:
    async def scenario(shelf: Shelf, pilot: Pilot[None]) -> None:
        shelf.told = {"0", "9"}
        shelf.pane.set_rows(numbered(40, 3))
        await pilot.pause()
        assert shelf.rows() == words(0, 9)
        shelf.told.add("10")
        shelf.pane.refresh()
        await pilot.pause()
        assert shelf.rows() == [*words(0, 8), "v2"]

    play(scenario)


def test_a_click_on_a_list_of_one_row_ends_nothing() -> None:
    async def scenario(shelf: Shelf, pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(22, 1)
        shelf.pane.set_rows(numbered(20, selected=0))
        shelf.told = {"15"}
        await pilot.pause()
        await pilot.click(Pane)
        await pilot.pause()
        assert shelf.is_running
        assert shelf.chosen == []

    play(scenario)
