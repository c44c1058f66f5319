"""Where typed lines come from and shown lines go: a pair of pipes, or a terminal."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import BinaryIO, Protocol, TextIO, cast

# See completion.completions, which knows the names already.
Complete = Callable[[str], tuple[str, list[str]]]
_LINES_AHEAD = 1_000
# How long the last strokes of a prompt may take to get to the terminal.
_LAST_S = 1.0


class Interrupted(Exception):
    """Ctrl-C was typed at the prompt."""


class Lines(Protocol):
    """Typed lines in, shown lines out."""

    async def read(self) -> bytes | None:
        """The next typed line without its end; None at the end of input. Raises Interrupted."""

    async def write(self, line: str) -> None:
        """Shows a line, without holding up the loop. Raises OSError when nobody reads any more."""

    def close(self) -> None:
        """No more lines are read; what is shown from here on is shown still."""


class PipeLines:
    """stdin and stdout as they are: for pipes and files, and for terminals that can do nothing."""

    def __init__(self) -> None:
        """Begins to read; call it in the loop that will use it."""
        self._input: asyncio.Queue[bytes | None] = asyncio.Queue(_LINES_AHEAD)
        _read_in_thread(sys.stdin.buffer, self._input)

    async def read(self) -> bytes | None:
        """The next line; None at the end of input."""
        line = await self._input.get()
        return None if line is None else line.rstrip(b"\r\n")

    async def write(self, line: str) -> None:
        """Writes in another thread: a reader who stops reading costs neither the session nor a message."""
        await asyncio.to_thread(_write, line + "\n")

    def close(self) -> None:
        """Nothing to put back."""


class _Screen:
    """stdout, written to in another thread: a terminal that does not read holds up neither loop nor session.

    It is what prompt_toolkit needs of a text file; what is flushed is written in the same order.
    """

    def __init__(self) -> None:
        self._buffer: list[str] = []
        self._thread = ThreadPoolExecutor(1, "terminal")
        self._last: Future[None] | None = None

    def write(self, text: str) -> None:
        self._buffer.append(text)

    def flush(self) -> None:
        text = "".join(self._buffer)
        self._buffer.clear()
        self._last = self._thread.submit(_write, text)

    def fileno(self) -> int:
        return sys.stdout.fileno()

    def isatty(self) -> bool:
        return sys.stdout.isatty()

    async def drained(self) -> None:
        """Returns when everything was written. Raises OSError when nobody reads any more."""
        if self._last is not None:
            await asyncio.shield(asyncio.wrap_future(self._last))

    def settle(self) -> None:
        """Waits for what is to be written, but not for long."""
        wait([] if self._last is None else [self._last], _LAST_S)


class TerminalLines:
    """A prompt that stays whole while lines are shown above it, with line editing, a history and completion."""

    def __init__(self, complete: Complete) -> None:
        # A prompt of one line need not ask where the cursor is, and slow terminals would be warned about it.
        os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"
        # Imported here: only a person at a terminal waits for it, never a program.
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import Completer, Completion
        from prompt_toolkit.document import Document
        from prompt_toolkit.output import create_output
        from prompt_toolkit.shortcuts import CompleteStyle

        class Tab(Completer):
            def get_completions(self, document: Document, complete_event: object) -> Iterator[Completion]:
                begun, found = complete(document.text_before_cursor)
                for each in found:
                    yield Completion(f"{each} ", -len(begun), display=each)

        self._screen = _Screen()
        # A Windows console is no stream: what it is told between the writes has to come in its place.
        output = None if sys.platform == "win32" else create_output(cast(TextIO, self._screen))
        self._session: PromptSession[str] = PromptSession(
            "> ",
            output=output,
            erase_when_done=True,
            completer=Tab(),
            complete_while_typing=False,
            # A menu would keep eight rows of the screen free for itself.
            complete_style=CompleteStyle.READLINE_LIKE,
            reserve_space_for_menu=0,
            enable_suspend=True,
        )
        # Between two prompts too: else the terminal would echo what is typed on, somewhere among the lines.
        self._raw = contextlib.ExitStack()
        self._raw.enter_context(self._session.app.input.raw_mode())

    async def read(self) -> bytes | None:
        """The next line; None after Ctrl-D. Raises Interrupted after Ctrl-C."""
        try:
            # Without its handler for SIGINT, which would take ours away.
            line = await self._session.prompt_async(handle_sigint=False)
        except EOFError:
            return None
        except KeyboardInterrupt:
            raise Interrupted from None
        return line.encode("utf-8", "surrogateescape")

    async def write(self, line: str) -> None:
        """Shows a line above the prompt; returns when the terminal has taken it.

        Unlike prompt_toolkit's patch_stdout it leaves the terminal as it is meanwhile: one that echoes by itself for
        that moment puts what is being typed between the lines, and takes Ctrl-D for its own.
        """
        app = self._session.app
        if app.is_running:
            app.renderer.erase()
        # The renderer turns it off while it draws the prompt.
        app.output.enable_autowrap()
        app.output.write_raw(line + "\n")
        app.output.flush()
        app.invalidate()
        await self._screen.drained()

    def close(self) -> None:
        """Gives the terminal back: from here on it echoes, and Ctrl-C is a signal."""
        self._screen.settle()
        self._raw.close()


def open_closed_streams() -> None:
    """Gives who was started without one of the standard streams what is the same: no input, and nobody who reads."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115 - for as long as the process runs
    if sys.stdout is None:
        reader, writer = os.pipe()
        os.close(reader)
        sys.stdout = os.fdopen(writer, "w")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process runs


def lines_for_people(complete: Complete) -> Lines:
    """A prompt if a person sits at both ends and the terminal can move its cursor, the bare streams otherwise."""
    return TerminalLines(complete) if has_screen() else PipeLines()


def has_screen() -> bool:
    """Whether a person sits at both ends, and the terminal can move its cursor."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    # Windows' console says nothing about itself.
    return is_terminal and os.environ.get("TERM", "dumb" if os.name != "nt" else "") != "dumb"


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _read_in_thread(source: BinaryIO, lines: "asyncio.Queue[bytes | None]") -> None:
    """Reads lines in a thread, since there is no way to wait for a file or a terminal on every system."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        with contextlib.suppress(RuntimeError, OSError, ValueError):  # the loop or the file was closed: the end
            for line in iter(source.readline, b""):
                asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
            asyncio.run_coroutine_threadsafe(lines.put(None), loop).result()

    threading.Thread(target=read, daemon=True).start()
