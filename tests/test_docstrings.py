"""The docstring of everything that the API page lists is complete and in numpydoc's form."""

import dataclasses
import functools
import importlib
import inspect
import re
from functools import cached_property
from pathlib import Path

from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

API = Path(__file__).parents[1] / "docs" / "api" / "index.md"

# Not asked for: a longer text below the summary, and return values without a name.
NEVER = {"ES01", "RT02"}
# Of a method, the class has the examples and says what belongs to it.
OF_METHODS = {"EX01", "SA01"}
# The fields of a result are its attributes; the function that returns it has examples.
OF_RESULTS = {"PR01", "EX01"}
OF_EXCEPTIONS = {"EX01"}


def find(name):
    """Return the module, or what is in one, that a dotted name is of."""
    for end in range(name.count("."), -1, -1):
        module, rest = ".".join(name.split(".")[: end + 1]), name.split(".")[end + 1 :]
        try:
            return functools.reduce(getattr, rest, importlib.import_module(module))
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(name)


def public():
    """Yield each name on the API page, and what it names."""
    for listed in re.findall(r"^   ([\w.]+)$", API.read_text("utf-8"), re.MULTILINE):
        name = f"skdigits.{listed}"
        yield name, find(name)


def with_methods(named):
    for name, thing in named:
        if inspect.isclass(thing) or inspect.isfunction(thing):
            yield name, thing
        for inner, value in vars(thing).items() if inspect.isclass(thing) else ():
            kinds = (classmethod, staticmethod, property, cached_property)
            is_method = inspect.isfunction(value) or isinstance(value, kinds)
            if is_method and not inner.startswith("_"):
                yield f"{name}.{inner}", value


PUBLIC = dict(with_methods(public()))


def is_property(thing):
    return isinstance(thing, property | cached_property)


def left_out_for(name, thing):
    codes = set(NEVER)
    if inspect.isclass(find(name.rpartition(".")[0])):
        codes |= OF_METHODS
    if dataclasses.is_dataclass(thing):
        codes |= OF_RESULTS
    if inspect.isclass(thing) and issubclass(thing, Exception):
        codes |= OF_EXCEPTIONS
    return codes


def test_public_docstrings_are_valid():
    faults = {
        name: [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in left_out]
        for name, thing in PUBLIC.items()
        if not is_property(thing)
        for left_out in [left_out_for(name, thing)]
    }
    assert not {name: found for name, found in faults.items() if found}


def test_properties_are_described_there_or_among_the_attributes_of_their_class():
    missing = []
    for name, thing in PUBLIC.items():
        owner, _, attribute = name.rpartition(".")
        if is_property(thing) and not inspect.getdoc(thing):
            described = {
                one: entry.desc
                for entry in ClassDoc(find(owner))["Attributes"]
                for one in entry.name.split(", ")
            }
            if not described.get(attribute):
                missing.append(name)
    assert not missing
