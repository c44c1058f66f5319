"""Makes the README's screenshots from the real program: docs/screenshots/*.svg.

    .venv/bin/python scripts/screenshots.py [SCENE ...]

A real broker and real users; the terminal UI runs under Textual's pilot, which draws what a terminal would show.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.drawing import Colours, drawing  # noqa: E402 - found only now

from tests.client.tui.stage import Stage, on_stage  # noqa: E402
from tests.laboratory.proxy import Proxy  # noqa: E402
from tests.system.processes import Broker, House  # noqa: E402
from zchat_client import Client  # noqa: E402
from zchat_client.tui.look import rule_of  # noqa: E402
from zchat_client.tui.settings import Settings  # noqa: E402

NAMES = ("bob", "carol", "dmitri", "yuki", "emma")


class Set(NamedTuple):
    """What a scene is played with; ``network`` is between alice and the broker."""

    stage: Stage
    users: dict[str, Client]
    broker: Broker
    network: Proxy

    async def says(self, name: str, text: str, *, action: bool = False) -> None:
        """Somebody else says something in public."""
        await self.users[name].say(text, action=action)


async def morning(on: Set) -> None:
    """What was said before: every scene begins with it."""
    await on.says("yuki", "おはよう ☀ who is in the lab today?")
    await on.says("bob", "I am, until four")
    await on.says("carol", "puts the kettle on", action=True)
    await on.says("dmitri", "me too, the scope is mine until noon")
    await on.stage.sees("until noon")


async def conversation(on: Set) -> None:
    """Public: links, code, a mention, an action, other scripts, an unread whisper, a draft."""
    stage = on.stage
    await on.says("bob", "alice: the printer is free again, the form is at https://print.example.org/queue")
    await stage.types("Thanks! Then I print the posters", "enter")
    await stage.sees("posters ✓")
    await on.says("dmitri", "so one counts the readers:\n```\nSELECT count(*) FROM seats\n WHERE left IS NULL;\n```")
    await on.users["yuki"].whisper("alice", "do you have the key to room 12?")
    await stage.sees("2 @yuki")
    await stage.types("", "alt+2")
    await stage.sees("room 12?")
    await stage.types("I think Emma", "alt+1")
    await stage.sees("@yuki ✎")
    await on.says("emma", "the talk on Friday has moved to the big hall: 40 people have signed up, and room 7 seats 24")
    await on.users["emma"].away("lunch")
    await on.says("yuki", "大ホール、いいですね 🎉 I bring the projector")
    await on.users["carol"].whisper("alice", "cake in the kitchen at three, say nothing")
    await on.says("bob", "see you at the stand-up")
    await stage.sees("see you at the stand-up", "@carol", "lunch")


async def whisper(on: Set) -> None:
    """Whispers: delivered, and waiting for somebody who has gone."""
    stage, dmitri = on.stage, on.users["dmitri"]
    await dmitri.whisper("alice", "is the spare scope still in your cupboard?")
    await stage.sees("@dmitri")
    await stage.types("", "alt+2")
    await stage.sees("in your cupboard?")
    await stage.types("It is. Shelf two, behind the cables", "enter")
    await stage.sees("behind the cables ✓✓")
    await dmitri.whisper("alice", "/me checks shelf two")
    await dmitri.whisper(
        "alice", "Not there. Did Bob take it for the demo?\nhttps://demo.example.org/list says he has one"
    )
    await stage.types("He brought it back at noon: box 4", "enter")
    await stage.sees("box 4 ✓✓")
    await dmitri.whisper("alice", "ありがとう! I have to catch my train, can you leave it at the desk?")
    await stage.sees("at the desk?")
    await dmitri.leave()
    await stage.sees("dmitri has gone")
    await stage.types("Done, both probes", "enter")
    await stage.sees("✓ waits until dmitri is here")
    await on.users["carol"].whisper("alice", "cake in the kitchen at three, say nothing")
    await on.says("emma", "alice: have you seen my notes?")
    await stage.sees("@carol", "1!")
    await stage.types("Ask for them at the ")


async def invitation(on: Set) -> None:
    """An invitation, which takes nothing from who is typing."""
    stage = on.stage
    await stage.types("anybody for a quick round of chess at lunch?", "enter")
    await stage.sees("at lunch? ✓")
    await on.says("bob", "me, if Carol is in")
    await on.says("carol", "I am in. The board is in room 12")
    await on.says("emma", "I watch 👀")
    await on.users["bob"].party_invite("carol")
    await stage.until(on.users["carol"].invitations, "the invitation")
    await on.users["carol"].party_accept()
    await on.users["bob"].party_invite("alice")
    await stage.sees("Accept F2", "with carol")
    await stage.types("one moment, I only")


async def party(on: Set) -> None:
    """Inside a party."""
    stage, users = on.stage, on.users
    await users["bob"].party_invite("alice")
    await stage.sees("Accept F2")
    await stage.types("", "f2")
    await stage.sees("You joined the party")
    for name in ("yuki", "carol"):
        await users["bob"].party_invite(name)
        await stage.until(users[name].invitations, "the invitation")
        await users[name].party_accept()
        await stage.sees(f"{name} joined the party")
    await users["yuki"].party_say("どこで? where do we meet?")
    await users["bob"].party_say("room 12, at half past twelve. I bring the board")
    await users["carol"].party_say("sets up the clock", action=True)
    await stage.types("I bring sandwiches. Who plays first?", "enter")
    await stage.sees("first? ✓")
    await users["bob"].party_say(
        "alice and yuki, then the winner against carol:\n```\n1. e4 e5  2. Nf3 Nc6  3. Bb5\n```"
    )
    await users["bob"].party_lead("carol")
    await stage.sees("carol leads the party now", "carol ★")
    await users["carol"].party_say("see https://chess.example.org/clock when it stops")
    await stage.sees("when it stops")
    await stage.types("On my w")


async def reconnect(on: Set) -> None:
    """The broker is away: what is typed waits, and nobody shows as being here."""
    stage = on.stage
    await on.says("bob", "the switch in the cellar gets its new firmware now, two minutes without network")
    await on.says("emma", "saves her work", action=True)
    await on.says("carol", "see you on the other side")
    await stage.sees("on the other side")
    await lose(on)
    await stage.types("I have got the logs, they come when we are back", "enter")
    await stage.types("and the photo of the label", "enter")
    await stage.types("/away in the cellar", "escape", "enter")
    await stage.sees("3 queued, sent on return: /away in the cellar")
    await stage.types("The label says ")


async def back(on: Set) -> None:
    """And it is back: what was missed is there, what was typed is sent."""
    stage = on.stage
    await on.says("carol", "see you on the other side")
    await stage.sees("on the other side")
    await lose(on)
    await stage.types("I have got the logs, they come when we are back", "enter")
    await stage.sees("1 queued")
    await on.says("bob", "cellar is done. Is everybody there?")
    await on.says("emma", "here")
    await on.says("yuki", "はい!")
    await on.users["dmitri"].whisper("alice", "your port was the last one, all green now")
    on.network.open()
    await stage.sees("caught up: 3 missed messages", "connected again", "when we are back ✓", "@dmitri")
    await on.says("bob", "alice: thanks, logs are welcome")
    await stage.sees("logs are welcome")


async def small(on: Set) -> None:
    """Eighty columns: the people stand behind F7, the names before the texts."""
    stage = on.stage
    await on.says("bob", "alice: the printer is free again, the form is at https://print.example.org/queue")
    await stage.types("Thanks! Then I print the posters for Friday, forty of them, and the two big ones", "enter")
    await stage.sees("big ones ✓")
    await on.users["carol"].whisper("alice", "cake in the kitchen at three, say nothing")
    await on.says("emma", "the talk on Friday has moved to the big hall: 40 people have signed up, and room 7 seats 24")
    await on.says("yuki", "大ホール、いいですね 🎉 I bring the projector")
    await on.says("dmitri", "```\nSELECT count(*) FROM seats\n```")
    await stage.sees("@carol", "SELECT")
    await stage.types("How many ")


async def lose(on: Set) -> None:
    """The cable is pulled."""
    for door in on.network.doors:
        door.cut()
    await on.stage.sees("reconnecting, for", "connection lost")


Scene = Callable[[Set], Awaitable[None]]
SCENES: dict[str, tuple[Scene, tuple[int, int]]] = {
    "conversation": (conversation, (132, 24)),
    "whisper": (whisper, (120, 24)),
    "invitation": (invitation, (120, 24)),
    "party": (party, (120, 24)),
    "reconnect": (reconnect, (120, 24)),
    "back": (back, (120, 24)),
    "small": (small, (80, 24)),
}


async def shoot(house: House, name: str, theme: str, target: Path) -> None:
    """Plays one scene and draws it."""
    scene, size = SCENES[name]
    broker = house.broker("--title", "Lab", "--rate", "0")
    network = Proxy(broker.port, "127.0.0.1")
    folder = house.folder / f"{name}-{theme}"
    users = {user: Client(user, port=broker.port, data=folder / user) for user in NAMES}
    for client in users.values():
        client.start()
        await client.connected()
    # She has been here before.
    async with Client("alice", host=network.host, port=broker.port, data=folder / "alice"):
        pass
    settings = Settings(theme=theme)
    async with on_stage(broker, folder / "alice", size=size, settings=settings, host=network.host) as stage:
        await stage.sees("at Lab")
        on = Set(stage, users, broker, network)
        await morning(on)
        await scene(on)
        await asyncio.sleep(0.5)
        look = stage.app.current_theme
        colours = Colours(str(look.foreground), str(look.background), rule_of(look))
        strips = stage.app.screen._compositor.render_strips()
        (target / f"{name}-{theme}.svg").write_text(drawing(strips, "zchat", colours), "utf-8")
    await asyncio.gather(*[client.close() for client in users.values()])
    network.close()
    broker.kill()


def main() -> None:
    """Makes them all, or those that are named."""
    target = ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        for name in sys.argv[1:] or SCENES:
            for theme in ("dark", "light"):
                asyncio.run(shoot(house, name, theme, target))
                print(f"docs/screenshots/{name}-{theme}.svg")


if __name__ == "__main__":
    main()
