"""Makes the bytes of the examples in docs/protocol.md anew from their values: after a message got another field.

The values are written by hand; tests hold them and the bytes against the code.
"""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import msgpack

from zchat_common.messages import TopicKey
from zchat_common.sealing import SealingKey, take_apart

DOCUMENT = Path(__file__).parents[1] / "docs" / "protocol.md"
_WIDTH = 112
_GROUP = 16


def main() -> None:
    """Rewrites the document."""
    keys: dict[str, SealingKey] = {}
    fences = re.compile(r"^```(message|step) (.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
    text = DOCUMENT.read_text("utf-8")
    DOCUMENT.write_text(fences.sub(lambda found: _renewed(found, keys), text), "utf-8")


def _renewed(found: re.Match[str], keys: dict[str, SealingKey]) -> str:
    kind, words, body = found.groups()
    # Long bytes are continued on the next line, within their JSON string.
    value = json.loads(_field(body, "value"), strict=False, object_hook=lambda item: bytes.fromhex(item["hex"]))
    name = "frame" if words.endswith("topics down") else "hex"
    if name == "hex":
        payload = msgpack.packb(value)
    else:
        old = take_apart(bytes.fromhex(_field(body, name)))
        payload = _sealed(keys[old.topic], old.counter, b"".join(msgpack.packb(message) for message in value))
    if kind == "step" and value[0] == "registered":
        registered_keys = next(each for each in value if isinstance(each, list) and each and len(each[0]) == 3)
        keys.update({topic: SealingKey(TopicKey(topic, number, key)) for topic, number, key in registered_keys})
    return f"```{kind} {words}\n{_replaced(body, name, payload)}```"


def _sealed(key: SealingKey, counter: int, plain: bytes) -> bytes:
    """The frame with this counter; what the session leaves out was sealed before it."""
    while True:
        frame = key.seal(plain)
        if take_apart(frame).counter == counter:
            return frame


def _field(body: str, name: str) -> Any:
    found = re.search(rf"^{name}: (.*(?:\n  .*)*)", body, re.MULTILINE)
    assert found is not None, f"an example without {name}"
    return found[1]


def _replaced(body: str, name: str, payload: bytes) -> str:
    groups = " ".join(re.findall(f".{{1,{_GROUP}}}", payload.hex()))
    lines = textwrap.fill(f"{name}: {groups}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return re.sub(rf"^{name}: .*(?:\n  .*)*", lines, body, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
