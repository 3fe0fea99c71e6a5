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
import shutil
from doctest import ELLIPSIS, DocTestParser, DocTestRunner
from pathlib import Path

import joblib
import matplotlib
import pytest
from markdown_it import MarkdownIt

from skdigits import DigitCNNClassifier
from skdigits.cli import _skdigits
from skdigits.datasets import load_optdigits, sample_pictures
from skdigits.default_model import default_model_path

pytest.importorskip("sklearn.callback", reason="the pages are written for scikit-learn 1.9")

DOCS = Path(__file__).parents[1] / "docs"
MADE = {"_build", "generated", "auto_examples", "gen_modules"}
PAGES = sorted(page for page in DOCS.rglob("*.md") if MADE.isdisjoint(page.parts))

PROMPTS = DocTestParser()
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


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """What a reader is taken to have: pictures, a table, a model."""
    folder = tmp_path_factory.mktemp("reader")
    picture, number = sample_pictures()[0], sample_pictures(several=True)[0]
    for name in ("photo.jpg", "scan.png", "seven.png"):
        shutil.copy(picture, folder / name)
    shutil.copy(number, folder / "form.png")
    (folder / "scans").mkdir()
    shutil.copy(picture, folder / "scans")
    load_optdigits(as_frame=True).frame.astype(int).to_csv(folder / "mine.csv", index=False)
    for name in ("digits.skdigits", "mine.skdigits", "skdigits-study/steps/hold_out.skdigits"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(default_model_path(), folder / name)
    return folder


@pytest.fixture
def readers_folder(files, tmp_path, monkeypatch):
    """Be in a folder with these files."""
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def short_fits(monkeypatch):
    """Let fits train for an epoch of some rows, in this process."""
    fit = DigitCNNClassifier.fit

    @functools.wraps(fit)
    def short_fit(self, X, y, *weights, **kwargs):
        if not weights and "sample_weight" not in kwargs:
            X, y = X[:600], y[:600]
        epochs = self.epochs
        self.epochs = min(epochs, 1)
        try:
            return fit(self, X, y, *weights, **kwargs)
        finally:
            self.epochs = epochs

    monkeypatch.setattr(DigitCNNClassifier, "fit", short_fit)
    with joblib.parallel_config("threading"):
        yield


@having("python")
def test_the_python_of_a_page_runs(page, short_fits, readers_folder):
    matplotlib.use("agg")
    session = {"__name__": "__main__"}
    for line, code in blocks_of(page, "python"):
        if code.startswith(">>> "):
            examples = PROMPTS.get_doctest(code, session, page.name, str(page), line - 1)
            assert not DocTestRunner(optionflags=ELLIPSIS).run(examples, clear_globs=False).failed
        else:  # the empty lines let errors name the line of the page
            exec(compile("\n" * (line - 1) + code, str(page), "exec"), session)


@having("sh", "console")
def test_the_commands_of_a_page_are_understood(page, readers_folder):
    for line, code in blocks_of(page, "sh", "console"):
        for name, *arguments in commands_of(code):
            assert name in _skdigits.commands, f"line {line} names no command"
            _skdigits.commands[name].make_context(name, arguments)


def commands_of(code):
    """Yield what follows ``skdigits`` in a block of shell commands, in words."""
    code = code.replace("\\\n", " ").replace("$(skdigits samples)", "seven.png")
    for line in code.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        while "skdigits" in words:
            words = words[words.index("skdigits") + 1 :]
            end = next((i for i, word in enumerate(words) if word in {"&&", "|", ">"}), len(words))
            yield words[:end]
