"""What the terminal UI uses of Textual without a promise: a release that has it no more is found here."""

import asyncio
import inspect
import signal
import sys

import pytest
from textual import _ansi_sequences, _xterm_parser
from textual._compositor import Compositor
from textual.app import App
from textual.keys import Keys
from textual.screen import Screen
from textual.widgets import Input, TextArea

NOT_PUBLIC = [
    (App, "_display", ["self", "screen", "renderable"]),
    (Compositor, "render_update", ["self", "full", "screen_stack"]),
    (_xterm_parser.XTermParser, "_sequence_to_key_events", ["self", "sequence", "alt"]),
    (Screen, "_on_resize", ["self", "event"]),
    (TextArea, "_on_key", ["self", "event"]),
    (TextArea, "_on_paste", ["self", "event"]),
]


@pytest.mark.parametrize(("owner", "name", "takes"), NOT_PUBLIC)
def test_what_is_called_or_replaced_is_there_and_takes_the_same(owner: type, name: str, takes: list[str]) -> None:
    assert list(inspect.signature(vars(owner)[name]).parameters)[: len(takes)] == takes


def test_what_is_read_is_there() -> None:
    app, screen = App[None](), Screen[None]()
    assert app._background_screens == []
    assert all(each.enabled in (True, False) for each in app._filters)
    assert isinstance(screen._compositor, Compositor)
    for widget in (Input(), TextArea()):
        assert [each.action for each in widget._bindings.key_to_bindings["ctrl+u"]]
    assert app._driver is None
    assert _ansi_sequences.ANSI_SEQUENCES_KEYS["\x1b[A"] == (Keys.Up,)
    assert (_xterm_parser.BRACKETED_PASTE_START, _xterm_parser.BRACKETED_PASTE_END) == ("\x1b[200~", "\x1b[201~")


@pytest.mark.skipif(sys.platform == "win32", reason="another driver")
def test_the_driver_writes_by_a_thread_with_a_queue_and_reads_by_one_that_can_be_replaced() -> None:
    from textual.drivers._writer_thread import WriterThread
    from textual.drivers.linux_driver import LinuxDriver

    handlers = {each: signal.getsignal(each) for each in (signal.SIGTSTP, signal.SIGCONT)}

    async def made() -> LinuxDriver:
        return LinuxDriver(App[None]())

    driver, queue = asyncio.run(made()), WriterThread(sys.stdout)._queue
    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert vars(driver).keys() >= {"_writer_thread", "_file", "_loop", "fileno", "exit_event", "attrs_before"}
    assert driver._writer_thread is None
    assert queue.maxsize > 0, "what is set to 0 to make it endless"
    assert not queue.queue
    assert {"run_input_thread", "start_application_mode", "close", "_get_terminal_size"} <= set(dir(LinuxDriver))
