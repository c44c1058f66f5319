"""Opens a client on this machine, and starts a broker for it first when none answers. `make chat` runs it.

The broker is this machine's own (127.0.0.1), keeps running after the client and logs to .run/. All words of
this script go to stderr: stdin and stdout are the client's.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

HOST = "127.0.0.1"
READY = "zchat-broker ready:"
READY_TIMEOUT_S = 20.0  # a slow disk with a long history; a fresh broker needs well under one second
POLL_S = 0.05
PROBE_TIMEOUT_S = 2.0

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


def main() -> NoReturn:
    """Becomes the client: `chat.py PORT [option of zchat-client]...`."""
    port, options = _port(sys.argv[1]), sys.argv[2:]
    if not _broker_answers(port):
        _start_broker(port, ROOT / ".run" / f"broker-{port}.log")
    client = str(PROGRAMS / "zchat-client")
    os.execv(client, [client, "--host", HOST, "--port", str(port), *options])  # noqa: S606


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65533):
        sys.exit(f"zchat: PORT={text} is not a port from 1 to 65533 (a broker uses three in a row)")
    return int(text)


def _broker_answers(port: int) -> bool:
    """Asks the introductions port, the one that speaks plain TCP."""
    try:
        socket.create_connection((HOST, port + 2), PROBE_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def _start_broker(port: int, log: Path) -> None:
    """Returns when the broker is ready; it outlives this process and the terminal."""
    log.parent.mkdir(exist_ok=True)
    command = [str(PROGRAMS / "zchat-broker"), "--host", HOST, "--port", str(port)]
    with log.open("ab") as output:
        begin = output.tell()
        broker = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not _is_ready(log, begin):
        if broker.poll() is not None:
            if _broker_answers(port):
                return  # somebody else started one at the same moment
            _give_up("the broker could not start", log, begin)
        if time.monotonic() > deadline:
            broker.terminate()
            _give_up(f"the broker was not ready after {READY_TIMEOUT_S:.0f} s", log, begin)
        time.sleep(POLL_S)
    print(
        f"zchat: started a broker for this machine (pid {broker.pid}, log {log.relative_to(ROOT)}); "
        f"it keeps running, stop it with: kill {broker.pid}",
        file=sys.stderr,
        flush=True,
    )


def _logged(log: Path, begin: int) -> list[str]:
    return log.read_bytes()[begin:].decode("utf-8", "replace").splitlines(keepends=True)


def _is_ready(log: Path, begin: int) -> bool:
    return any(line.startswith(READY) and line.endswith("\n") for line in _logged(log, begin))


def _give_up(what: str, log: Path, begin: int) -> NoReturn:
    last_words = "".join(_logged(log, begin)[-5:])
    sys.exit(f"zchat: {what}; the end of {log.relative_to(ROOT)}:\n{last_words}")


if __name__ == "__main__":
    main()
