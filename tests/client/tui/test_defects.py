"""A defect in what nobody waits for ends the program: nothing of it is swallowed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.tui.stage import Stage, on_stage, play
from tests.system.processes import Broker, unique


class Defect(RuntimeError):
    """Not one of those that anybody expects."""


def fails(*_arguments: object) -> None:
    raise Defect


async def fails_later(*_arguments: object, **_named: object) -> None:
    raise Defect


def in_the_story(stage: Stage) -> str:
    assert stage.app.chat is not None
    stage.app.chat.story.take = fails  # type: ignore[assignment,method-assign]
    return "a text\n"


def in_an_older_page(stage: Stage) -> str:
    assert stage.app.chat is not None
    stage.app.chat.conversations.public.complete = False
    stage.app.chat.client.history = fails_later  # type: ignore[assignment,method-assign]
    stage.app.chat.older.load(stage.app.chat.conversations.public)
    return ""


def in_a_search(stage: Stage) -> str:
    assert stage.app.chat is not None
    stage.app.chat.client.search = fails_later  # type: ignore[assignment,method-assign]
    stage.screen.action_search()
    return "needle"


def in_a_command(stage: Stage) -> str:
    assert stage.app.chat is not None
    stage.app.chat.client.who = fails_later  # type: ignore[assignment,method-assign]
    return "/who\n"


@pytest.mark.parametrize("defect", [in_the_story, in_an_older_page, in_a_search, in_a_command])
def test_a_defect_ends_the_program(broker: Broker, tmp_path: Path, defect: Callable[[Stage], str]) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            chat = stage.app.chat
            assert chat is not None
            await stage.until(lambda: not chat.older.is_loading(chat.conversations.public), "the latest page")
            text = defect(stage)
            await stage.types(text.rstrip("\n"), *["escape", "enter"] * text.endswith("\n"))
            await stage.until(lambda: stage.app.return_code == 1, "the end")

    with pytest.raises(Defect):
        play(scenario())
