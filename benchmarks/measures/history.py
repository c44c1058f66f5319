"""(h) History replay: several clients read a whole topic, page by page."""

import time
from typing import Final

from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Throughput
from benchmarks.readers import Lost
from benchmarks.running import Running
from benchmarks.servers.zchat import ZchatPublisher
from benchmarks.users import Crowd, User
from zchat_common import wire
from zchat_common.limits import HISTORY_PAGE_MAX
from zchat_common.messages import AskHistory, History

TITLE: Final = "history replay"
_CLIENTS: Final = 10
_WINDOW: Final = 2


def measure(bench: Bench) -> None:
    """A topic of as many messages as the other measures send commands."""
    count = bench.scale.commands
    with bench.attempt(bench.zchat, TITLE), fresh_folder() as folder, bench.zchat.run(folder) as running:
        publisher = ZchatPublisher(running.port, 10)
        publisher.publish(count, None)
        publisher.close()
        say(f"{_CLIENTS} clients replay {count} messages each")
        bench.note(_replay(running, count))


def _replay(running: Running, count: int) -> Throughput:
    crowd = Crowd(running.port)
    try:
        users = crowd.join(f"reader{number}" for number in range(_CLIENTS))
        for user in users:
            for after in range(0, count, HISTORY_PAGE_MAX):
                user.ask(AskHistory(user.token, 1 + after, "public", after, None, HISTORY_PAGE_MAX))
        begin_s, begin_cpu_s = time.monotonic(), running.cpu_s()
        crowd.run(users, _WINDOW)
        took_s, cpu_s = time.monotonic() - begin_s, running.cpu_s() - begin_cpu_s
        replayed = sum(_checked(user) for user in users)
    finally:
        crowd.close()
    return Throughput(
        "zchat", f"history replay, {_CLIENTS} readers", replayed, replayed / took_s, cpu_s / replayed * 1e6
    )


def _checked(user: User) -> int:
    """Every page in its place: returns how many messages there were. Raises Lost."""
    seq = 0
    for page in user.take_replies():
        if not isinstance(page, History):
            raise Lost(f"{user.name} got no page but {page}")
        for body in page.messages:
            seq += 1
            if wire.decode_kept(body).seq != seq:
                raise Lost(f"{user.name} was not shown message {seq} in its place")
    return seq
