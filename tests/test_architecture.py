"""The floors of the house: imports run downwards, and no room opens another's drawers.

This is the only place, beside the page on design, where the floors are written.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "skdigits"

FLOORS = [
    {
        "_container",
        "_files",
        "_onednn",
        "_parameters",
        "_sklearn_compat",
        "_tensorflow",
        "_validation",
        "_version",
        "exceptions",
        "information",
        "parallel",
    },
    {"datasets", "network", "pictures"},
    {"preprocessing", "synthesis", "training"},
    {"classifier"},
    {"baselines", "displays", "ensemble", "evaluation", "web"},
    {"persistence"},
    {"_runs"},
    {"comparison", "default_model", "export", "model_training", "search", "study"},
    {"report"},
    {"__main__", "cli"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# All but the front door, which hands on names of all floors.
MODULES = sorted({*ROOT.rglob("*.py")} - {ROOT / "__init__.py"})


def room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports_of(path):
    """Dotted names within skdigits that a module imports, wherever in it, names of types too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            names = [f"skdigits.<relative import in line {node.lineno}>"]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "skdigits")


def needs_of(path):
    """The other rooms that a module imports, each with the rest of the dotted name."""
    for name in imports_of(path):
        _, other, *rest = name.split(".")
        if other != room_of(path):
            yield name, other, rest


def test_each_room_stands_on_a_floor():
    assert set(map(room_of, MODULES)) == FLOOR_OF.keys()


def test_the_top_is_small():
    modules = {path.stem for path in ROOT.glob("*.py")} - {"__init__", "__main__"}
    assert len(modules) <= 18
    assert sum(name.startswith("_") for name in modules) <= 8
    assert len([entry for entry in ROOT.iterdir() if entry.name != "__pycache__"]) <= 36


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards_and_through_the_front_doors(path):
    room = room_of(path)
    for name, other, rest in needs_of(path):
        assert other in FLOOR_OF, f"{name} comes from skdigits/__init__, which is above all"
        assert FLOOR_OF[other] <= FLOOR_OF[room], f"{room} imports {name}, which is further up"
        is_package = (ROOT / other).is_dir()
        assert not (is_package and any(part.startswith("_") for part in rest)), (
            f"{room} takes {name} from another room's private module"
        )


def test_no_two_rooms_import_each_other():
    needs = {(room_of(path), other) for path in MODULES for _, other, _ in needs_of(path)}
    assert not {pair for pair in needs if pair[::-1] in needs}
