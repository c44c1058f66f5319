"""``zchat-client identity``: a name moves to another machine under a passphrase, and never over another one."""

import subprocess
from pathlib import Path

from tests.system.processes import DEADLINE_S, PROGRAMS, House, environment, level
from tests.system.screens import ENTER, Terminal
from zchat_client.keys import identity_of
from zchat_common.introduction import fingerprint

PASSPHRASE = "a word for the way"


def run(home: Path, *words: str, typed: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
    command = [str(PROGRAMS / "zchat-client"), "identity", *words]
    env = environment(home, settings)
    return subprocess.run(
        command, env=env, input=typed, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )


def test_a_name_moves_to_another_machine(house: House) -> None:
    broker = house.broker()
    alice, bob = house.join(broker, "alice", "bob")
    level(alice, bob)
    file = house.folder / "alice.zchat"
    exported = run(house.folder, "export", "Alice", str(file), "--data", str(alice.data), typed=PASSPHRASE + "\n")
    assert (exported.returncode, exported.stderr) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    alice.end()
    new = house.folder / "new machine"
    imported = run(house.folder, "import", str(file), typed=PASSPHRASE, ZCHAT_DATA=str(new))
    assert (imported.returncode, imported.stderr) == (0, "")
    assert "--name Alice" in imported.stdout
    moved = house.client("alice", broker, data=new)
    moved.wait("connected", name="alice")
    level(moved, bob)


def test_a_wrong_passphrase_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    identity_of(tmp_path / "old", "alice")
    file = tmp_path / "alice.zchat"
    assert run(tmp_path, "export", "alice", str(file), "--data", str(tmp_path / "old"), typed="one\n").returncode == 0
    refused = run(tmp_path, "import", str(file), "--data", str(tmp_path / "new"), typed="two\n")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "wrong passphrase" in refused.stderr
    assert not (tmp_path / "new").exists()
    assert "no passphrase" in run(tmp_path, "import", str(file), "--data", str(tmp_path / "new")).stderr


def test_another_key_is_never_replaced(tmp_path: Path) -> None:
    old, new = identity_of(tmp_path / "old", "alice"), identity_of(tmp_path / "new", "alice")
    file = tmp_path / "alice.zchat"
    run(tmp_path, "export", "alice", str(file), "--data", str(tmp_path / "old"), typed=PASSPHRASE)
    refused = run(tmp_path, "import", str(file), "--data", str(tmp_path / "new"), typed=PASSPHRASE)
    assert refused.returncode == 2
    assert "another key of alice" in refused.stderr
    assert identity_of(tmp_path / "new", "alice") == new
    again = run(tmp_path, "import", str(file), "--data", str(tmp_path / "old"), typed=PASSPHRASE)
    assert again.returncode == 0, "the same key is there already"
    assert identity_of(tmp_path / "old", "alice") == old
    over = run(tmp_path, "export", "alice", str(file), "--data", str(tmp_path / "new"), typed=PASSPHRASE)
    assert over.returncode == 2
    assert "choose another file" in over.stderr


def test_show_names_the_keys_that_are_here(tmp_path: Path) -> None:
    assert "no keys" in run(tmp_path, "show", "--data", str(tmp_path)).stderr
    alice, bob = (identity_of(tmp_path, name) for name in ("alice", "bob"))
    shown = run(tmp_path, "show", ZCHAT_DATA=str(tmp_path))
    assert shown.stdout == f"alice {fingerprint(alice.public)}\nbob {fingerprint(bob.public)}\n"
    assert run(tmp_path, "show", "ALICE", "--data", str(tmp_path)).stdout == f"alice {fingerprint(alice.public)}\n"
    for words in (("show", "carol"), ("show", "two words"), ("export", "carol", "file")):
        refused = run(tmp_path, *words, "--data", str(tmp_path))
        assert (refused.returncode, refused.stdout) == (2, ""), words
        assert "Traceback" not in refused.stderr


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    for name, words in (("picture", "no text"), ("nowhere", "No such file")):
        refused = run(tmp_path, "import", str(tmp_path / name), "--data", str(tmp_path), typed=PASSPHRASE)
        assert refused.returncode == 2
        assert words in refused.stderr


def test_on_a_terminal_the_passphrase_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    identity_of(tmp_path, "alice")
    file = tmp_path / "alice.zchat"
    terminal = Terminal(["identity", "export", "alice", str(file), "--data", str(tmp_path)], environment(tmp_path))
    try:
        terminal.wait(lambda lines: any("Passphrase:" in line for line in lines), "the question")
        terminal.types(PASSPHRASE + ENTER)
        terminal.wait(lambda lines: any("Repeat" in line for line in lines), "the question again")
        terminal.types("something else" + ENTER)
        terminal.wait(lambda lines: any("do not match" in line for line in lines), "the difference to be said")
        terminal.wait(lambda lines: sum("Passphrase:" in line for line in lines) == 2, "the question anew")
        terminal.types(PASSPHRASE + ENTER)
        terminal.wait(lambda lines: sum("Repeat" in line for line in lines) == 2, "the question again")
        terminal.types(PASSPHRASE + ENTER)
        # Wherever the rows end: the folder's name is of any length.
        lines = terminal.wait(lambda lines: "holdsalice" in "".join("".join(lines).split()), "the end")
        assert not any(PASSPHRASE in line for line in lines)
    finally:
        terminal.close()
    assert run(tmp_path, "import", str(file), "--data", str(tmp_path / "new"), typed=PASSPHRASE).returncode == 0


def test_a_key_that_others_may_read_starts_neither_program(house: House) -> None:
    broker = house.broker()
    (alice,) = house.join(broker, "alice")
    alice.end()
    key = alice.data / "keys" / "alice.key"
    key.chmod(0o644)
    refused = house.client("alice", broker, data=alice.data)
    assert refused.exit_code() == 2
    assert f"chmod 600 {key}" in "\n".join(refused.err)
    key.chmod(0o600)
    house.client("alice", broker, data=alice.data).wait("connected")
    broker.end()
    (broker.data / "broker.key").chmod(0o640)
    again = house.start_broker(port=broker.port, data=broker.data)
    assert again.exit_code() == 2
    assert f"chmod 600 {broker.data / 'broker.key'}" in "\n".join(again.err)
