"""``--plain`` for people, in pipes: the same client, in lines that a terminal may show."""

import subprocess

from tests.system.processes import DEADLINE_S, PROGRAMS, Broker, House, environment, level, unique


def plain(house: House, broker: Broker, name: str, typed: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """A client under ``--plain`` that types this and is at its end."""
    return subprocess.run(
        [
            str(PROGRAMS / "zchat-client"),
            *["--port", str(broker.port), "--name", name, "--data", str(house.folder / name)],
            *options,
        ],
        input=typed,
        capture_output=True,
        text=True,
        env=environment(house.folder),
        timeout=DEADLINE_S,
        check=False,
    )


def test_a_pipe_is_plain_without_being_told(house: House, broker: Broker) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    done = plain(house, broker, name, f"hello\n/me waves\n/w {bob} psst\n/who\n/history 1\n/help\n")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    for words in ([name, "hello"], [name, "waves"], [bob.name, "psst"], ["here", bob.name, name], ["/party accept"]):
        assert any(all(word in line for word in words) for line in lines), (words, lines)
    assert not done.stdout.startswith("{")
    assert bob.wait("whisper", text="psst")["sender"] == name


def test_what_is_refused_is_said_in_words(house: House, broker: Broker) -> None:
    done = plain(house, broker, unique("alice"), "/w nobody-at-all hi\n/hlep\n", "--plain")
    assert done.returncode == 0
    assert "nobody-at-all" in done.stdout
    assert "/help" in done.stdout
    (bob,) = house.join(broker, unique("bob"))
    level(bob)
    refused = plain(house, broker, bob.name, "hi\n", "--plain")
    assert refused.returncode == 1
    assert "--takeover" in refused.stdout
    assert refused.stderr == "not sent: hi\n"


def test_control_characters_never_reach_the_terminal(house: House, broker: Broker) -> None:
    evil = "\x1b]0;owned\a\x9b2J"
    typed = [evil, f"/{evil}", f"/w {evil} hi", f"/w nobody {evil}", f"/party invite {evil}", f"/party accept {evil}"]
    done = plain(house, broker, unique("alice"), "".join(f"{line}\n" for line in typed), "--plain")
    assert done.returncode == 0
    assert done.stdout.count("!! ") == len(typed)
    for line in (done.stdout + done.stderr).splitlines():
        assert line.isprintable(), repr(line)
