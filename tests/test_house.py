"""The rules of the house that no tool checks: who may import whom, and how large a room may be.

Imports run one way: front ends -> client -> session core -> common, and shell -> rules -> common.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DISTRIBUTIONS = {"zchat_common": "common", "zchat_broker": "broker", "zchat_client": "client"}
SOURCES = {
    ".".join(path.relative_to(ROOT / folder / "src").with_suffix("").parts): path
    for folder in DISTRIBUTIONS.values()
    for path in sorted((ROOT / folder / "src").rglob("*.py"))
}
# A room that is larger asks for a split that says something; the bound is for those that nobody asked yet.
LARGE_LINES, BOUND_LINES = 400, 520

CORE = ("zchat_client.core", "zchat_client.events")
# What the library is made of; every other module of the client is a front end.
LIBRARY = (
    *CORE,
    *[
        f"zchat_client.{name}"
        for name in (
            "link",
            "keys",
            "answers",
            "calls",
            "checks",
            "folder",
            "notes",
            "feed",
            "partner",
            "ignored",
            "moderation",
            "results",
            "shown",
            "tickets",
            "past",
            "life",
        )
    ],
    "zchat_client.driver",
    "zchat_client.client",
)
OUTSIDE_WORLD = frozenset(
    ["asyncio", "os", "random", "secrets", "select", "selectors", "signal", "socket", "sqlite3", "ssl", "subprocess"]
) | frozenset(["tempfile", "threading", "time", "zmq"])


@cache
def imported(path: Path) -> tuple[str, ...]:
    return tuple(imports(path))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or later, and every name that might be one."""
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            assert node.module
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in SOURCES or f"{full}.__init__" in SOURCES else node.module


def within(module: str, *packages: str) -> bool:
    """Whether the module is one of these, or in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def breaches(who: tuple[str, ...], forbidden: frozenset[str] | tuple[str, ...]) -> list[str]:
    """What the modules of a part import although they may not."""
    return [
        f"{module} imports {name}"
        for module, path in SOURCES.items()
        if within(module, *who)
        for name in imported(path)
        if within(name, *forbidden)
    ]


def strays(who: tuple[str, ...], allowed: tuple[str, ...]) -> list[str]:
    """What the modules of a part import of ours beyond what they may."""
    return [
        f"{module} imports {name}"
        for module, path in SOURCES.items()
        if within(module, *who)
        for name in imported(path)
        if name.startswith("zchat_") and not within(name, *allowed)
    ]


def test_the_sources_are_found() -> None:
    assert {"zchat_common.wire", "zchat_broker.rules.machine", "zchat_client.core.session"} <= SOURCES.keys()
    assert "zchat_common.messages" in set(imported(SOURCES["zchat_common.wire"]))
    assert "zchat_client.core.outputs" in set(imported(SOURCES["zchat_client.core.session"]))


def test_common_knows_neither_broker_nor_client() -> None:
    assert strays(("zchat_common",), ("zchat_common",)) == []


def test_broker_and_client_never_import_each_other() -> None:
    assert strays(("zchat_broker",), ("zchat_broker", "zchat_common")) == []
    assert strays(("zchat_client",), ("zchat_client", "zchat_common")) == []


def test_the_rules_know_nothing_but_the_protocol() -> None:
    assert strays(("zchat_broker.rules",), ("zchat_broker.rules", "zchat_common")) == []


def test_the_rules_know_no_socket_clock_database_or_randomness() -> None:
    assert breaches(("zchat_broker.rules",), OUTSIDE_WORLD) == []
    assert breaches(("zchat_broker.rules",), ("zchat_common.clock", "zchat_common.sealing", "datetime", "uuid")) == []


def test_the_store_knows_the_rules_records_and_no_shell() -> None:
    assert strays(("zchat_broker.store",), ("zchat_broker.store", "zchat_broker.rules", "zchat_common")) == []


def test_the_session_core_knows_nothing_of_the_client_around_it() -> None:
    assert strays(CORE, (*CORE, "zchat_common")) == []


def test_the_session_core_knows_no_loop_clock_socket_or_file() -> None:
    assert breaches(CORE, OUTSIDE_WORLD | {"pathlib", "datetime", "logging"}) == []


def test_the_library_knows_no_front_end() -> None:
    assert strays(LIBRARY, (*LIBRARY, "zchat_common")) == []


def test_front_ends_see_only_the_client_and_its_events() -> None:
    """And the core's pure helpers, such as how names are compared."""
    front_ends = tuple([name for name in SOURCES if within(name, "zchat_client") and not within(name, *LIBRARY)])
    inside = tuple([f"zchat_client.{name}" for name in ("link", "driver", "feed", "core.session", "core.reading")])
    assert breaches(tuple(set(front_ends) - {"zchat_client.__init__"}), (*inside, "zmq")) == []


def test_only_the_terminal_ui_knows_textual() -> None:
    """And nothing but the command line opens it, once a person sits there."""
    elsewhere = tuple([name for name in SOURCES if not within(name, "zchat_client.tui")])
    assert breaches(elsewhere, ("textual", "rich")) == []
    assert [name for name in elsewhere if breaches((name,), ("zchat_client.tui",))] == ["zchat_client.cli"]


@pytest.mark.parametrize(
    ("package", "owners"),
    [
        ("msgpack", ("zchat_common.wire",)),
        ("sqlite3", ("zchat_broker.store",)),
        (
            "cryptography",
            ("zchat_common.sealing", "zchat_common.whispers", "zchat_common.identity", "zchat_common.sealed_identity"),
        ),
        ("zmq", ("zchat_broker", "zchat_client.link", "zchat_client.driver")),
        ("random", ("zchat_client.driver",)),
    ],
)
def test_each_thing_has_one_place(package: str, owners: tuple[str, ...]) -> None:
    users = {module for module, path in SOURCES.items() if any(within(name, package) for name in imported(path))}
    assert [module for module in users if not within(module, *owners)] == []


@pytest.mark.parametrize(("package", "folder"), DISTRIBUTIONS.items())
def test_each_distribution_names_what_it_imports(package: str, folder: str) -> None:
    """Each must be able to stand alone on a machine."""
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    named = {normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in project["dependencies"]}
    providers = packages_distributions()
    for module, path in SOURCES.items():
        for top in {name.partition(".")[0] for name in imported(path) if within(module, package)}:
            if top not in sys.stdlib_module_names and top != package:
                found = {normal(each) for each in providers.get(top, [top])}
                assert found & named, f"{module} imports {top}, which {folder}/pyproject.toml does not name"


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return name.lower().replace("_", "-")


def dangers(tree: ast.AST) -> Iterator[str]:
    """What runs or becomes code although it is data: calls by name, calls of a module's, and shells."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("eval", "exec", "compile", "__import__", "yaml.load", "os.system", "os.popen"):
                yield f"{called}()"
            if called.endswith("create_subprocess_shell"):
                yield called
            for keyword in node.keywords:
                if keyword.arg == "shell" and not (
                    isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                ):
                    yield "shell=True"


DANGEROUS_MODULES = ("pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "yaml", "xml")


def test_no_data_becomes_code_in_the_sources() -> None:
    assert breaches(tuple(SOURCES), DANGEROUS_MODULES) == []
    assert [(name, what) for name, path in SOURCES.items() for what in dangers(ast.parse(path.read_bytes()))] == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(x)",
        "exec(x)",
        "subprocess.run(x, shell=True)",
        "subprocess.Popen(x, shell=flag)",
        "await asyncio.create_subprocess_shell(x)",
        "yaml.load(x)",
        "os.system(x)",
    ],
)
def test_such_code_would_be_found(line: str) -> None:
    assert list(dangers(ast.parse(f"async def f():\n    {line}")))


def test_rooms_are_small() -> None:
    lines = {module: len(path.read_text("utf-8").splitlines()) for module, path in SOURCES.items()}
    large = {module: count for module, count in lines.items() if count > LARGE_LINES}
    print(f"modules of more than {LARGE_LINES} lines: {large or 'none'}")
    assert [module for module, count in large.items() if count > BOUND_LINES] == []
