"""Front ends that take typed lines and show a line for each event: ``--json`` and ``--plain``."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable

from zchat_client.client import Client
from zchat_client.console import Console, last_words
from zchat_client.endings import EXIT_SIGNAL, exit_code_of
from zchat_client.events import Error, Event
from zchat_client.terminal import Interrupted, Lines
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError

_SIGPIPE = 13
_SIGHUP = 1
_SIGINT = 2
# Whoever presses Ctrl-C does not want to wait for a broker that does not answer.
_GOODBYE_S = 2.0


class LineFrontEnd:
    """Runs one client from the first line typed to ``bye``."""

    def __init__(
        self,
        client: Client,
        lines: Lines,
        render: Callable[[Event], str | None],
        wait_s: float,
        *,
        can_ask: bool = False,
    ) -> None:
        """``render`` makes the line of an event, or None; ``wait_s`` is how long unsent lines wait at the end.

        ``can_ask``: a person types the lines, who can be asked for an invitation code.
        """
        self._code: asyncio.Future[str | None] | None = None
        self._input_over = False
        if can_ask:
            client.ask_invite = self._ask_invite
        self._client = client
        self._lines = lines
        self._console = Console(client)
        self._render = render
        self._wait_s = wait_s
        self._signal: int | None = None
        self._gone = asyncio.Event()

    async def run(self) -> int:
        """Returns the exit code of the contract."""
        self._catch_signals()
        self._client.start()
        output = asyncio.create_task(self._write_events())
        typing = asyncio.create_task(self._take_lines())
        signalled = asyncio.create_task(self._gone.wait())
        await asyncio.wait((output, typing, signalled), return_when=asyncio.FIRST_COMPLETED)
        if not output.done():
            await self._leave(output)
        for task in (output, typing, signalled):
            task.cancel()
        await asyncio.gather(output, typing, signalled, return_exceptions=True)
        self._say_unsent()
        return self._exit_code()

    # -- in ---------------------------------------------------------------------------------------------------------

    async def _take_lines(self) -> None:
        """Returns at ``/exit`` and at the end of input."""
        try:
            await self._enter_lines()
        finally:
            self._lines.close()
            self._input_over = True
            self._take_code(None)

    async def _enter_lines(self) -> None:
        while not self._console.exit.is_set():
            try:
                line = await self._lines.read()
            except Interrupted:
                self._stop(_SIGINT)
                return
            if line is None:
                return
            if self._take_code(line):
                continue
            try:
                self._console.enter(line.decode())
            except UnicodeDecodeError:
                error = ZchatError(Code.BAD_TEXT, "That line is no UTF-8; set your terminal or program to UTF-8.")
                self._console.refuse(line.decode("utf-8", "replace"), error)

    async def _ask_invite(self, text: str) -> str | None:
        """Asks for an invitation code; None if the user has none to give."""
        if self._input_over:
            return None
        error = Error(at=now().at, code=Code.ACCESS_DENIED, text=text)
        self._code = asyncio.get_running_loop().create_future()
        try:
            for line in (self._render(error), "Invitation code: "):
                await self._lines.write(line or "")
        except OSError:
            self._stop(_SIGPIPE)
            return None
        return await self._code

    def _take_code(self, line: bytes | None) -> bool:
        """Whether this line is the answer to the question for a code; a blank line or a command gives none."""
        if self._code is None or self._code.done():
            return False
        code = (line or b"").decode("utf-8", "replace").strip()
        self._code.set_result(None if code.startswith("/") else code or None)
        return True

    # -- out --------------------------------------------------------------------------------------------------------

    async def _write_events(self) -> None:
        """Returns after ``bye``, or when nobody reads any more."""
        async for event in self._client:
            line = self._render(event)
            if line is not None:
                try:
                    await self._lines.write(line)
                except OSError:
                    self._stop(_SIGPIPE)
                    return

    # -- the end ----------------------------------------------------------------------------------------------------

    async def _leave(self, output: "asyncio.Task[None]") -> None:
        if self._signal in (_SIGHUP, _SIGPIPE):
            await self._client.close()
            return
        reason = "exit" if self._console.exit.is_set() or self._signal is not None else "end of input"
        leaving = asyncio.create_task(self._settle_and_leave(reason))
        if self._signal is not None:
            await asyncio.wait((leaving,), timeout=_GOODBYE_S)
        else:
            await self._wait_while_connected(leaving, output)
        if not leaving.done():
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            await self._client.close(reason)
        # Whoever signals does not wait for a terminal that has stopped reading either.
        await asyncio.wait((output,), timeout=None if self._signal is None else _GOODBYE_S)

    async def _settle_and_leave(self, reason: str) -> None:
        await self._console.settled()
        # What `connected` says is said even to one who leaves at once: whose key was pinned, for one.
        with contextlib.suppress(ZchatError):
            await self._client.connected()
        await self._client.leave(reason)

    async def _wait_while_connected(self, leaving: "asyncio.Task[None]", output: "asyncio.Task[None]") -> None:
        """Waits as long as there is a broker, and at most ``wait_s`` without one; a signal ends the wait."""
        without_s = 0.0
        step_s = 0.1
        gone = asyncio.create_task(self._gone.wait())
        while without_s < self._wait_s and not self._gone.is_set():
            done, _ = await asyncio.wait((leaving, output, gone), timeout=step_s, return_when=asyncio.FIRST_COMPLETED)
            if done:
                break
            connected = self._client.link.connected
            if not connected and without_s == 0.0 and sys.stdin.isatty():
                print("The broker does not answer; waiting for it. Ctrl-C leaves at once.", file=sys.stderr)
            without_s = 0.0 if connected else without_s + step_s
        gone.cancel()

    def _say_unsent(self) -> None:
        for word in last_words(self._console.never_sent.values(), self._console.in_doubt.values()):
            print(word, file=sys.stderr)

    def _exit_code(self) -> int:
        if self._signal is not None:
            return EXIT_SIGNAL + self._signal
        return exit_code_of(self._client.end, unsent=bool(self._console.unsent))

    # -- signals ----------------------------------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None:
                # Windows has no signal handlers on its loop; there Ctrl-C ends the process.
                with contextlib.suppress(NotImplementedError):
                    loop.add_signal_handler(number, self._stop, int(number))

    def _stop(self, number: int) -> None:
        if self._signal is None:
            self._signal = number
        self._gone.set()


def exit_now(code: int) -> None:
    """Ends the process although a thread may still wait for input that never comes."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
