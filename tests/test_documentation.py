"""What the pages of docs/ show is run: a page from top to bottom, in one session.

Fits are short here; everything else is real. In a page's source,

    <!-- skip: reason -->       leaves out the block that follows;
    <!-- setup                  has code that runs there and is not shown.
    ...
    -->
"""

import functools
import re
import shlex
from pathlib import Path

import joblib
import pytest
from markdown_it import MarkdownIt

from skdigits import DigitCNNClassifier
from skdigits.cli import _skdigits

DOCS = Path(__file__).parents[1] / "docs"
MADE = {"_build", "generated", "auto_examples", "gen_modules"}
PAGES = sorted(page for page in DOCS.rglob("*.md") if MADE.isdisjoint(page.parts))

SKIP = re.compile(r"\s*<!-- skip: .+? -->\s*", re.DOTALL)
SETUP = re.compile(r"\s*<!-- setup\n(.*?)-->\s*", re.DOTALL)


def blocks_of(page, *languages):
    """Yield the first line and the code of each block that is to be run."""
    before = ""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block" and (setup := SETUP.fullmatch(token.content)):
            if "python" in languages:
                yield token.map[0] + 2, setup[1]
        elif token.type == "fence" and token.info in languages and not SKIP.fullmatch(before):
            yield token.map[0] + 2, token.content
        if token.type in {"fence", "html_block", "heading_open", "paragraph_open"}:
            before = token.content


def having(*languages):
    pages = [page for page in PAGES if any(blocks_of(page, *languages))]
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(DOCS)))


@pytest.fixture
def short_fits(monkeypatch):
    """Let fits train for an epoch, in this process."""
    fit = DigitCNNClassifier.fit

    @functools.wraps(fit)
    def short_fit(self, *args, **kwargs):
        epochs = self.epochs
        self.epochs = min(epochs, 1)
        try:
            return fit(self, *args, **kwargs)
        finally:
            self.epochs = epochs

    monkeypatch.setattr(DigitCNNClassifier, "fit", short_fit)
    with joblib.parallel_config("threading"):
        yield


@having("python")
def test_the_python_of_a_page_runs(page, short_fits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    session = {"__name__": "__main__"}
    for line, code in blocks_of(page, "python"):
        # The empty lines let errors name the line of the page.
        exec(compile("\n" * (line - 1) + code, str(page), "exec"), session)


@having("sh", "console")
def test_the_commands_of_a_page_are_understood(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line, code in blocks_of(page, "sh", "console"):
        for command in commands_of(code):
            name, *arguments = command
            for argument in arguments:
                if re.fullmatch(r"[\w/.-]+\.(csv|png|jpg|skdigits)", argument):
                    path = tmp_path / argument
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch()
            assert name in _skdigits.commands, f"{page.name}, line {line}: {name}"
            _skdigits.commands[name].make_context(name, arguments)


def commands_of(code):
    """Yield what follows ``skdigits`` in a block of shell commands, in words."""
    code = code.replace("\\\n", " ").replace("$(skdigits samples)", "three.png")
    for line in code.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        while "skdigits" in words:
            words = words[words.index("skdigits") + 1 :]
            end = next((i for i, word in enumerate(words) if word in {"&&", "|", ">"}), len(words))
            yield words[:end]
