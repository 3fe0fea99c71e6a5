"""The code of README.md and of the pages of docs/ runs, each page from top to bottom in a session.

Fits are short, except with -m slow; everything else is real. In a page's source,

    <!-- skip: reason -->       leaves out the block that follows;
    <!-- setup                  has code that runs there and is not shown.
    ...
    -->
"""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from doctest import ELLIPSIS, DocTestParser, DocTestRunner
from itertools import groupby
from pathlib import Path

import joblib
import matplotlib
import pytest
from markdown_it import MarkdownIt

from skdigits import DigitCNNClassifier, __version__
from skdigits.cli import _skdigits
from skdigits.datasets import load_optdigits, sample_pictures

pytest.importorskip("sklearn.callback", reason="the pages are written for scikit-learn 1.9")

pytestmark = pytest.mark.documentation

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "skdigits" / "default_model" / "default.skdigits"
DOCS, README = ROOT / "docs", ROOT / "README.md"
SHORT_FITS = ROOT / "tests" / "short_fits"
MADE = {"_build", "generated", "auto_examples"}
PAGES = sorted(page for page in DOCS.rglob("*.md") if MADE.isdisjoint(page.parts))

SHELL = {"sh", "console"}
# The beginning of README's first command, which the environment of the tests replaces.
INSTALLATION = 'python3 -m venv .venv && .venv/bin/python -m pip install ".[web]" && .venv/bin/'
SKIP = re.compile(r"\s*<!-- skip: .+? -->\s*", re.DOTALL)
SETUP = re.compile(r"\s*<!-- setup\n(.*?)-->\s*", re.DOTALL)


def blocks_of(page):
    """Yield the first line, the language and the code of each block that is to be run."""
    before = ""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block" and (setup := SETUP.fullmatch(token.content)):
            yield token.map[0] + 2, "python", setup[1]
        elif token.type == "fence" and not SKIP.fullmatch(before):
            yield token.map[0] + 2, token.info, token.content
        if token.block:
            before = token.content


def pages_with(languages):
    pages = [p for p in PAGES if any(language in languages for _, language, _ in blocks_of(p))]
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(ROOT)))


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Files that the pages assume: pictures, a table, a model, a finished study."""
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
        shutil.copy(MODEL, folder / name)
    return folder


@pytest.fixture
def readers_folder(files, tmp_path, monkeypatch):
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def short_fits(monkeypatch):
    monkeypatch.setattr(DigitCNNClassifier, "fit", DigitCNNClassifier.fit)  # to be put back
    runpy.run_path(str(SHORT_FITS / "sitecustomize.py"))
    with joblib.parallel_config("threading"):
        yield


@pages_with({"python"})
def test_the_python_of_a_page_runs(page, short_fits, readers_folder):
    matplotlib.use("agg")
    session = {"__name__": "__main__"}
    for line, language, code in blocks_of(page):
        if language != "python":
            continue
        if code.startswith(">>> "):
            examples = DocTestParser().get_doctest(code, session, page.name, str(page), line - 1)
            assert not DocTestRunner(optionflags=ELLIPSIS).run(examples, clear_globs=False).failed
        else:  # the empty lines let errors name the line of the page
            exec(compile("\n" * (line - 1) + code, str(page), "exec"), session)


@pages_with(SHELL)
def test_the_commands_of_a_page_are_understood(page, readers_folder):
    for line, language, code in blocks_of(page):
        for name, *arguments in commands_of(code) if language in SHELL else ():
            assert name in _skdigits.commands, f"line {line} names no command"
            _skdigits.commands[name].make_context(name, arguments)


def commands_of(code):
    """Yield what follows ``skdigits`` in a block of shell commands, in words."""
    code = code.replace("\\\n", " ").replace("$(skdigits samples)", "seven.png")
    for line in code.replace("$(skdigits samples --several)", "form.png").splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        while "skdigits" in words:
            words = words[words.index("skdigits") + 1 :]
            end = next((i for i, word in enumerate(words) if word in {"&&", "|", ">"}), len(words))
            yield words[:end]


@pytest.mark.parametrize(
    "path", [str(SHORT_FITS), pytest.param("", marks=pytest.mark.slow)], ids=["short", "whole"]
)
def test_the_readme_works_as_one_shell_session(path, tmp_path):
    """It runs in an empty folder; blocks of Python that follow one another share a session."""
    to_run = [block for block in blocks_of(README) if block[1] in {"python", "sh"}]
    script = ["set -euo pipefail"]
    for language, blocks in groupby(to_run, key=lambda block: block[1]):
        code = "\n".join(code for _, _, code in blocks)
        script.append(f"python - <<'END'\n{code}\nEND" if language == "python" else code)
    assert INSTALLATION in script[1]
    script[1] = script[1].replace(INSTALLATION, "")
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PATH": programs, "PYTHONPATH": path, "MPLBACKEND": "agg"},
        timeout=550,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.replace(str(sample_pictures()[0].parent), "…")
    for _, language, shown in blocks_of(README):
        if language == "text" and "…/" in shown:  # the packaged model says the same anywhere
            assert shown in said


def test_the_links_of_the_readme_lead_to_files():
    text = README.read_text(encoding="utf-8")
    links = re.findall(r"""\]\((?!http)([^)]+)\)|src="([^"]+)""", text)
    assert len(links) > 10
    assert not [link for pair in links for link in pair if link and not (ROOT / link).exists()]


def test_the_citation_is_of_this_version():
    cited = re.search("^version: (.*)$", (DOCS / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited[1] == __version__
