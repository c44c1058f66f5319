"""Opens the terminal UI, and gives the terminal back whatever happens."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from typing import Final

from textual.scrollbar import ScrollBar

from zchat_client.endings import EXIT_SIGNAL, SIGHUP
from zchat_client.tui.app import ZchatApp
from zchat_client.tui.display import PlainBar, Settings, give_back, is_stuck, output_encoding, terminal_settings
from zchat_client.tui.keys import know_alt_keys
from zchat_client.tui.look import ASCII, glyphs_for
from zchat_client.tui.next_client import Options
from zchat_client.tui.settings import read_settings, settings_file
from zchat_common.durations import in_local_time

# A crash: nobody has chosen a code.
_EXIT_CRASHED: Final = 1
# Whoever signals does not wait for a terminal that has stopped reading.
_SIGNAL_S: Final = 4.0
# Fewer collections of fewer objects: measured, a full one in the middle of a key stroke took 30 ms.
_GC_THRESHOLDS: Final = (50_000, 20, 100)


async def run(options: Options) -> int:
    """Runs until the user leaves; returns the exit code of the contract."""
    know_alt_keys()
    # Whoever started us may have them from another terminal; Textual would believe them.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    read = read_settings(settings_file())
    glyphs = glyphs_for(encoding=output_encoding())
    if glyphs == ASCII:
        ScrollBar.renderer = PlainBar
    app = ZchatApp(options, read, glyphs)
    _catch_signals(app)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    code = None
    try:
        code = await app.run_async(mouse=read.settings.mouse)
        if app.chat is not None:
            await app.chat.close()
    finally:
        stuck = is_stuck(app._driver)
        _last_words(app, waits=not stuck)
    code = _EXIT_CRASHED if code is None else code
    if stuck:
        os._exit(code)
    return code


def _last_words(app: ZchatApp, *, waits: bool) -> None:
    """What must not be lost, whatever the end was; a terminal that does not read is not waited for."""
    with contextlib.suppress(OSError), contextlib.ExitStack() as after:  # nobody reads it
        if not waits:
            os.set_blocking(sys.stderr.fileno(), False)
            # It is the shell's too.
            after.callback(os.set_blocking, sys.stderr.fileno(), True)
        if app.lost and not app.leaving.signalled:
            print(f"zchat-client: there is no terminal any more: {app.lost}", file=sys.stderr)
        if app.last_words:
            print(f"zchat-client: {in_local_time(app.last_words)}", file=sys.stderr)
        for word in () if app.chat is None else app.chat.last_words():
            print(word, file=sys.stderr)


def _catch_signals(app: ZchatApp) -> None:
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            # Windows has no signal handlers on its loop; there Ctrl-C is a key.
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, _leave, app, int(number), terminal_settings())


def _leave(app: ZchatApp, number: int, settings: Settings | None) -> None:
    if app.leaving.signalled:
        return
    app.leaving.signalled = True
    guard = threading.Timer(_SIGNAL_S, _end_hard, (app, settings, number))
    guard.daemon = True
    guard.start()
    app.leaving.by_signal(EXIT_SIGNAL + number, says_goodbye=number != SIGHUP)


def _end_hard(app: ZchatApp, settings: Settings | None, number: int) -> None:
    give_back(app._driver, settings, number)
    os._exit(EXIT_SIGNAL + number)
