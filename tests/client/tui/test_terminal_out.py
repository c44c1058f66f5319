import fcntl
import os
import threading

from zchat_client.tui.terminal_out import TerminalOut, encoded


def test_what_an_encoding_lacks_takes_as_many_cells() -> None:
    assert encoded("漢字│ é …", "latin-1") == b"????? \xe9 ."
    assert encoded("e\u0301.", "latin-1") == b"\x1b7 \x1b8\x1b7e\x1b8\x1b[1C."
    assert b"?" in encoded("\ud800", "utf-8")


def test_a_terminal_that_is_gone_is_told_once() -> None:
    reader, writer = os.pipe()
    told: list[OSError] = []
    out = TerminalOut(writer, "utf-8", told.append)
    out.write("read")
    out.flush()
    assert os.read(reader, 100) == b"read"
    os.close(reader)
    for _ in range(3):
        out.write("lost")
        out.flush()
    os.close(writer)
    assert [type(error) for error in told] == [BrokenPipeError]


def test_all_is_written_to_one_that_others_have_set_not_to_wait() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    out = TerminalOut(writer, "utf-8", lambda error: None)
    out.write("x" * 1_000_000)
    writing = threading.Thread(target=out.flush)
    writing.start()
    count = 0
    while count < 1_000_000:
        count += len(os.read(reader, 65536))
    writing.join()
    os.close(reader)
    os.close(writer)
