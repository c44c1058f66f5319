"""A client's life: the way to its place at the broker, the link that it has there, and its one end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from zchat_client.calls import Calls
from zchat_client.core.outputs import Over
from zchat_client.core.session import Phase, Session
from zchat_client.events import Bye, Connected, Disconnected, Error, Event, Reconnected
from zchat_client.results import End, LinkState
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError

_log = logging.getLogger("zchat.client")

# Longer than any invitation code, and short enough for a command.
_CODE_MAX_CHARS = 100


class Life:
    """Begins once and ends once, whatever ends it first: the user, the broker, or a defect."""

    def __init__(
        self,
        session: Session,
        calls: Calls,
        show: Callable[[Event], None],
        ask_code: Callable[[str], Awaitable[str | None]],
    ) -> None:
        """``ask_code`` is given the words of a broker that lets nobody in without an invitation code; None is no code.

        ``show`` is given what front ends are to show.
        """
        self._session = session
        self._calls = calls
        self._show = show
        self._ask_code = ask_code
        self._task: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self._link_since = now().at
        # Why the last attempt to reach the broker failed; empty if it did not.
        self.unreachable = ""

    def start(self, run: Callable[[], Awaitable[Over]]) -> None:
        """Begins, and goes on until ``run`` says that the session is over. (Starting again changes nothing.)"""
        if self._task is None:
            self._task = asyncio.create_task(self._go_on(run))

    async def connected(self) -> None:
        """Returns when the client has its place. Raises ZchatError if it has ended."""
        await self._connected.wait()
        if self._calls.end is not None:
            raise self._calls.refusal()

    async def close(self, reason: str) -> None:
        """Ends it at once."""
        self._finish(End(reason, None, ""))
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def is_online(self) -> bool:
        """Whether the client has its place, and its link to the broker."""
        return self._session.phase is Phase.ONLINE

    @property
    def link(self) -> LinkState:
        """The link to the broker."""
        return LinkState(self.is_online, self._link_since, self._session.beat.latency_s)

    def link_changed(self, event: Connected | Disconnected | Reconnected) -> None:
        """The link has come up or gone down."""
        self._link_since = event.at
        if isinstance(event, Connected):
            self._connected.set()

    def not_reached(self, text: str) -> None:
        """The broker could not be reached, as ``text`` says.

        Said once before the first connection, so that nobody wonders why nothing happens; later there is
        ``disconnected``.
        """
        if not self.unreachable and not self._connected.is_set():
            self._show(Error(at=now().at, code=Code.BROKER_UNREACHABLE, text=f"{text}; still trying."))
        self.unreachable = text

    def show_code(self, code: str) -> None:
        """The broker is shown this invitation code when the client registers next."""
        self._session.invite = code[:_CODE_MAX_CHARS]

    async def _go_on(self, run: Callable[[], Awaitable[Over]]) -> None:
        try:
            over = await run()
            while over.wants_code and (code := await self._ask_code(over.text)) is not None:
                self.show_code(code)
                over = await run()
            self._finish(End(over.reason, over.code, over.text))
        except ZchatError as error:
            self._finish(End("refused", error.code, error.text))
        except OSError as error:
            text = f"The data folder cannot be used ({error}); choose another --data."
            self._finish(End("refused", Code.STORAGE_FAILED, text))
        except Exception as error:
            _log.exception("this client met a defect of its own")
            text = f"This client met a defect of its own and cannot go on: {error!r}."
            self._finish(End("refused", Code.MALFORMED, text))

    def _finish(self, end: End) -> None:
        if self._calls.end is not None:
            return
        if end.code is not None:
            self._show(Error(at=now().at, code=end.code, text=end.text))
        self._show(Bye(at=now().at, reason=end.reason))
        self._calls.finish(end)
        self._connected.set()
