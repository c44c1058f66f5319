"""What may never load the terminal UI's library."""

import subprocess
import sys

import pytest

from tests.system.processes import House


def imported_by(program: str) -> str:
    found = subprocess.run([sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"], capture_output=True)
    assert found.returncode == 0, found.stderr
    return found.stdout.decode()


@pytest.mark.parametrize("program", ["import zchat_client", "import zchat_client.cli", "import zchat_client.lines"])
def test_library_and_command_line_do_without_textual(program: str) -> None:
    modules = imported_by(program).split()
    assert "zchat_client" in modules
    assert not [name for name in modules if name.partition(".")[0] in ("textual", "rich")]


@pytest.mark.parametrize("option", ["--json", "--plain"])
def test_json_and_plain_do_without_textual_until_they_end(house: House, option: str) -> None:
    broker = house.broker()
    program = (
        "import sys, zchat_client.cli as cli\n"
        "def leave(code):\n"
        "    print(*sys.modules, file=sys.stderr)\n"
        "    sys.exit(code)\n"
        "cli.exit_now = leave\n"
        "cli.main()"
    )
    options = [option, "--name", "alice", "--port", str(broker.port), "--data", str(house.folder / "alice")]
    ended = subprocess.run([sys.executable, "-c", program, *options], input=b"hello\n", capture_output=True, timeout=30)
    assert ended.returncode == 0, ended.stderr
    assert b"hello" in ended.stdout
    modules = ended.stderr.decode().split()
    assert "zchat_client.client" in modules
    assert not [name for name in modules if name.partition(".")[0] in ("textual", "rich")]
