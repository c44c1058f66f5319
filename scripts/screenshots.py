"""Makes the README's screenshots from the real program: docs/screenshots/*.svg.

    .venv/bin/python scripts/screenshots.py

A real broker and real users; the terminal UI runs under Textual's pilot, which draws what a terminal would show.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.client.tui.stage import Stage, on_stage  # noqa: E402 - found only now
from tests.system.processes import Broker, House  # noqa: E402
from zchat_client import Client  # noqa: E402
from zchat_client.tui.settings import Settings  # noqa: E402

SIZE = (112, 28)
NAMES = ("bob", "carol", "dmitri", "yuki", "emma")

Scene = Callable[[Stage, dict[str, Client], Broker], Awaitable[None]]


async def conversation(stage: Stage, users: dict[str, Client], _broker: Broker) -> None:
    """Public: links, code, a mention, an action, other scripts."""
    await users["yuki"].say("おはよう ☀ who is in the lab today?")
    await users["bob"].say("I am, until four")
    await users["carol"].say("puts the kettle on", action=True)
    await users["bob"].say("alice: the printer is free again, the form is at https://print.example.org/queue")
    await stage.types("Thanks! Then I print the posters", "enter")
    await users["dmitri"].say(
        "this is how one counts the readers:\n```\nSELECT count(*) FROM seats\n WHERE left IS NULL;\n```"
    )
    await users["emma"].away("lunch")
    await users["carol"].whisper("alice", "cake in the kitchen at three, say nothing")
    await users["bob"].say("see you at the stand-up")
    await stage.sees("see you at the stand-up", "@carol", "since")


async def whisper(stage: Stage, users: dict[str, Client], broker: Broker) -> None:
    """Whispers: delivered, and waiting for somebody who has gone."""
    await users["carol"].whisper("alice", "cake in the kitchen at three, say nothing")
    await stage.sees("@carol")
    await stage.types("/r I heard nothing. How many candles?", "enter")
    await stage.sees("How many candles? ✓✓")
    await users["carol"].whisper("alice", "forty, and Emma must not see the box")
    await users["emma"].leave()
    await stage.types("/w emma Could you be in room 12 at three?", "enter")
    await stage.sees("✓ emma is away")
    await stage.types("", "ctrl+p")
    await stage.sees("@carol", "forty")
    await stage.types("I will keep her bu")


async def party(stage: Stage, users: dict[str, Client], _broker: Broker) -> None:
    """A party, and an invitation to it as those who are invited see it."""
    await stage.types("anybody for a quick round of chess?", "enter")
    await users["bob"].say("me, if Carol is in")
    await users["bob"].party_invite("alice")
    await stage.sees("Accept F2")
    await stage.types("one mom")


async def in_party(stage: Stage, users: dict[str, Client], _broker: Broker) -> None:
    """Inside the party."""
    await users["bob"].party_invite("alice")
    await stage.sees("Accept F2")
    await stage.pilot.press("f2")
    await stage.sees("You joined the party")
    await users["bob"].party_invite("yuki")
    await stage.until(lambda: users["yuki"].invitations(), "the invitation")
    await users["yuki"].party_accept()
    await stage.sees("yuki joined the party")
    await users["yuki"].party_say("どこで? where do we meet?")
    await users["bob"].party_say("room 12, I bring the board")
    await stage.types("On my way", "enter")
    await stage.sees("On my way ✓")


async def reconnect(stage: Stage, users: dict[str, Client], broker: Broker) -> None:
    """The broker is away: what is typed waits."""
    await users["bob"].say("the switch in the cellar gets its new firmware now")
    await users["carol"].say("see you on the other side")
    await stage.sees("on the other side")
    broker.kill()
    await stage.sees("reconnecting, for")
    await stage.types("I have got the logs, sending them when we are back", "enter")
    await stage.types("and the photo of the label", "enter")
    await stage.sees("2 queued")


SCENES: dict[str, Scene] = {
    "conversation": conversation,
    "whisper": whisper,
    "invitation": party,
    "party": in_party,
    "reconnect": reconnect,
}


async def shoot(house: House, name: str, scene: Scene, theme: str, target: Path) -> None:
    """Plays one scene and draws it."""
    broker = house.broker("--title", "Lab", "--rate", "0")
    folder = house.folder / f"{name}-{theme}"
    users = {user: Client(user, port=broker.port, data=folder / user) for user in NAMES}
    for client in users.values():
        client.start()
        await client.connected()
    async with on_stage(broker, folder / "alice", size=SIZE, settings=Settings(theme=theme)) as stage:
        await stage.sees("at Lab", "emma")
        await scene(stage, users, broker)
        await asyncio.sleep(0.5)
        drawn = stage.app.export_screenshot(title=f"zchat - {name}")
        (target / f"{name}-{theme}.svg").write_text(_tidy(drawn), "utf-8")
    await asyncio.gather(*[client.close() for client in users.values()])
    broker.kill()


def _tidy(svg: str) -> str:
    """Fonts with CJK and emoji after Rich's own, and no spaces at line ends."""
    fonts = "Fira Code, DejaVu Sans Mono, Noto Sans Mono CJK JP, Noto Color Emoji, monospace"
    lines = svg.replace("font-family: Fira Code, monospace;", f"font-family: {fonts};").splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def main() -> None:
    """Makes them all."""
    target = ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        for name, scene in SCENES.items():
            for theme in ("dark", "light"):
                asyncio.run(shoot(house, name, scene, theme, target))
                print(f"docs/screenshots/{name}-{theme}.svg")


if __name__ == "__main__":
    main()
