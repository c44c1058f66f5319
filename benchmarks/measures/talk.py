"""(c) Whispers between random pairs, (d) parties of five, among many users; every reader's frames are checked."""

import os
import random
import time
from collections.abc import Callable
from socket import socket
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Throughput
from benchmarks.readers import Lost, Readers
from benchmarks.running import Running, wait_for
from benchmarks.servers import TEXT
from benchmarks.users import Crowd, FullReader, User, kept, raw_reader
from zchat_common.messages import SEALED, Answer, Whisper

Timed = Callable[[Crowd, Running], tuple[float, float]]

TITLE: Final = "whispers and parties"
_PARTY: Final = 5
# Under way for each user; many users make many.
_WINDOW: Final = 4
_LEVEL_S: Final = 20.0
_SEED: Final = 1


def measure(bench: Bench) -> None:
    """Both kinds of talk on one broker."""
    users = bench.scale.users
    with bench.attempt(bench.zchat, TITLE), fresh_folder() as folder, bench.zchat.run(folder) as running:
        crowd = Crowd(running.port)
        try:
            say(f"{users} users join")
            crowd.join(f"user{number}" for number in range(users))
            bench.note(whispers(crowd, running, bench.scale.commands))
            bench.note(_parties(crowd, running, bench.scale.commands))
        finally:
            crowd.close()


def timed(crowd: Crowd, running: Running) -> tuple[float, float]:
    """Lets the users say all that they have in line: the seconds, and the broker's CPU seconds, that it took."""
    begin_s, begin_cpu_s = time.monotonic(), running.cpu_s()
    crowd.run(crowd.users, _WINDOW)
    return time.monotonic() - begin_s, running.cpu_s() - begin_cpu_s


def whispers(crowd: Crowd, running: Running, count: int, store: int = 0, timed: Timed = timed) -> Throughput:
    """Whispers, sealed by their senders before the measurement, from random users to random others."""
    say(f"{count} whispers")
    users = crowd.users
    full = FullReader(running.port, users[0].key(users[0].topic))
    with Readers([raw_reader(running.port, user.topic) for user in users], "frames") as readers:
        readers.arm(lambda: crowd.ping(users))
        while not full.counter:
            crowd.ping(users[:1])
            full.wait(0.1)
        full.open()
        of_first = _queue_whispers(users, count)
        took_s, cpu_s = timed(crowd, running)
        _level(crowd, users, readers)
        _check_whispers(full, of_first)
    full.close()
    return Throughput("zchat", f"whispers among {len(users)} users", count, count / took_s, cpu_s / count * 1e6, store)


def _queue_whispers(users: list[User], count: int) -> int:
    """Returns how many of them the first user sends or gets."""
    choose = random.Random(_SEED)
    key, nonce = ChaCha20Poly1305(ChaCha20Poly1305.generate_key()), os.urandom(12)
    of_first = 0
    for number in range(count):
        sender, recipient = choose.sample(users, 2)
        sender.will(
            "whisper",
            recipient.name,
            recipient.identity.public,
            SEALED,
            nonce + key.encrypt(nonce, TEXT, b"%d" % number),
        )
        of_first += users[0] in (sender, recipient)
    return of_first


def _level(crowd: Crowd, users: list[User], readers: Readers) -> None:
    """After one more pong each, a reader that has seen no gap has everything before it. Raises Lost."""
    before = readers.counts()
    crowd.ping(users)

    def level() -> bool:
        return all(now > then for now, then in zip(readers.counts(), before, strict=True))

    try:
        wait_for(level, "a last pong on every topic", _LEVEL_S)
    except TimeoutError as error:
        raise Lost(str(error)) from None
    readers.check()


def _check_whispers(full: FullReader, expected: int) -> None:
    full.wait(0.1)
    end_s = time.monotonic() + _LEVEL_S
    opened = full.open()
    while sum(isinstance(message, Whisper) for _, message in kept(opened)) < expected:
        if time.monotonic() > end_s:
            raise Lost(f"the full reader was shown {len(kept(opened))} of {expected} whispers")
        full.wait(0.1)
        opened += full.open()


# -- parties --------------------------------------------------------------------------------------------------------


def _parties(crowd: Crowd, running: Running, count: int) -> Throughput:
    say(f"parties of {_PARTY}")
    users = crowd.users[: len(crowd.users) // _PARTY * _PARTY]
    topics = _found_parties(crowd, users)
    sockets: list[socket] = [raw_reader(running.port, topic) for topic in topics for _ in range(_PARTY)]
    with Readers(sockets, "frames") as readers:
        readers.arm(lambda: _everyone_says(crowd, users[::_PARTY], 1))
        each = count // len(users)
        for user in users:
            for _ in range(each):
                user.will("party_say", TEXT.decode(), False)
        took_s, cpu_s = timed(crowd, running)
        _check_parties(crowd, users, readers)
    count = each * len(users)
    return Throughput(
        "zchat", f"messages in {len(topics)} parties of {_PARTY}", count, count / took_s, cpu_s / count * 1e6
    )


def _everyone_says(crowd: Crowd, users: list[User], times: int) -> None:
    for user in users:
        for _ in range(times):
            user.will("party_say", "^", False)
    crowd.run(users, 1)


def _found_parties(crowd: Crowd, users: list[User]) -> list[str]:
    """Every fifth user invites the four after him; returns the parties' topics."""
    leaders = users[::_PARTY]
    for index, leader in enumerate(leaders):
        leader.keeps_replies = True
        for user in users[index * _PARTY + 1 : (index + 1) * _PARTY]:
            leader.will("party_invite", user.name)
    crowd.run(leaders, 1)
    topics: list[str] = []
    for index, leader in enumerate(leaders):
        answers = leader.take_replies()
        leader.keeps_replies = False
        if not all(isinstance(answer, Answer) for answer in answers):
            raise Lost(f"{leader.name} could not invite: {answers}")
        assert isinstance(answers[0], Answer)
        topics.append(answers[0].topic)
        for user in users[index * _PARTY + 1 : (index + 1) * _PARTY]:
            user.will("party_accept", topics[-1].removeprefix("party."))
    crowd.run(users, 1)
    return topics


def _check_parties(crowd: Crowd, users: list[User], readers: Readers) -> None:
    """After one more message in each party all its readers are at the same frame, without a gap. Raises Lost."""
    before = readers.counts()
    _everyone_says(crowd, users[::_PARTY], 1)

    def level() -> bool:
        counts = readers.counts()
        groups = [counts[start : start + _PARTY] for start in range(0, len(counts), _PARTY)]
        moved = all(now > then for now, then in zip(counts, before, strict=True))
        return moved and all(len(set(group)) == 1 for group in groups)

    try:
        wait_for(level, "the members of each party to have the same", _LEVEL_S)
    except TimeoutError as error:
        raise Lost(str(error)) from None
    readers.check()
