"""The page stands alone, reports what the study found and can be read by everyone."""

import base64
import dataclasses
import io
import re
import shutil
import zipfile
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.image import imread

from skdigits.datasets import find_doubtful_labels, load_optdigits
from skdigits.evaluation import evaluate

VOID = {"meta", "img", "br", "link", "hr", "input"}

SECTIONS = [
    "summary",
    "data",
    "samples",
    "architecture",
    "training",
    "feature-maps",
    "filters",
    "metrics",
    "confusion",
    "roc",
    "cross-validation",
    "mistakes",
    "saliency",
    "calibration",
    "comparison",
    "writers",
    "reproduction",
]


class Page(HTMLParser):
    """Tags with their attributes and texts, in order; complains of what is not balanced."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words, self.rows = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"<{tag}> has an attribute twice"
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self.open:
            self.words.append(data.strip())
            if "tr" in self.open:
                self.rows[-1].append(data.strip())

    def all(self, *names):
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture(scope="module")
def parsed(page):
    return Page(page)


def row(parsed, *first):
    return next(cells for cells in parsed.rows if tuple(cells[: len(first)]) == first)


def test_a_page_says_its_language_and_fits_a_phone(page, parsed):
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert parsed.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in parsed.all(
        "meta"
    )
    assert "@media print" in page
    assert "@media (prefers-color-scheme: dark)" in page


def test_nothing_is_loaded(page, parsed):
    assert len(page.encode()) < 2_000_000
    assert parsed.all("script", "link", "iframe", "object", "embed", "video", "audio") == []
    for _, attributes in parsed.tags:
        assert not any(name.startswith("on") or name == "srcset" for name in attributes)
        assert attributes.get("src", "data:").startswith("data:image/png;base64,") or (
            "src" not in attributes
        )
    style = page[page.index("<style>") : page.index("</style>")]
    assert "http" not in style
    assert "url(" not in style
    assert "@import" not in style
    links = [link["href"] for link in parsed.all("a")]
    assert all(link.startswith(("#", "https://")) for link in links)
    assert "https://doi.org/10.24432/C50P49" in links


def test_every_picture_decodes_and_has_its_own_description(parsed):
    pictures = parsed.all("img")
    assert len(pictures) == 14
    for picture in pictures:
        kind, data = picture["src"].split(",", 1)
        assert kind == "data:image/png;base64"
        pixels = imread(io.BytesIO(base64.b64decode(data, validate=True)), format="png")
        height, width = pixels.shape[:2]
        shown = int(picture["width"]) / int(picture["height"])
        assert width / height == pytest.approx(shown, rel=0.02)
    texts = [picture["alt"] for picture in pictures]
    assert min(map(len, texts)) > 10
    assert len(set(texts)) == len(texts)


def test_every_section_is_there_and_in_the_table_of_contents(parsed):
    headings = [attributes["id"] for attributes in parsed.all("h2")]
    assert headings == ["contents", *SECTIONS]
    links = [link["href"] for link in parsed.all("a") if link["href"].startswith("#")]
    assert links == [f"#{name}" for name in [*SECTIONS, "contents"]]
    assert [section["aria-labelledby"] for section in parsed.all("section")] == SECTIONS


def test_ids_are_unique_and_headings_in_order(parsed):
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_headers_with_scope(parsed):
    tags = [tag for tag, _ in parsed.tags]
    assert tags.count("table") == tags.count("caption")
    assert all(header["scope"] in ("row", "col") for header in parsed.all("th"))


def test_the_metrics_are_those_of_the_study(parsed, study_of_writers):
    hold_out = study_of_writers.hold_out.evaluation
    unseen = study_of_writers.unseen_writers.evaluation
    for name, title in {
        "accuracy": "accuracy",
        "precision": "precision (mean over classes)",
        "recall": "recall (mean over classes)",
        "f1": "F1 (mean over classes)",
        "log_loss": "log-loss (nats)",
        "roc_auc": "area under the ROC curve (mean)",
        "calibration_error": "expected calibration error",
    }.items():
        figures = [f"{getattr(found, name):.4f}" for found in (hold_out, unseen)]
        assert row(parsed, title) == [title, *figures]
    for fold in study_of_writers.cross_validation.folds:
        cells = row(parsed, str(fold.fold), str(fold.n_test))
        assert cells[2:4] == [f"{fold.accuracy:.4f}", f"{fold.log_loss:.4f}"]


def test_the_data_card_has_source_counts_and_splits(parsed, study_of_writers):
    assert row(parsed, "name")[1] == "Optical Recognition of Handwritten Digits"
    assert row(parsed, "DOI")[1] == "10.24432/C50P49"
    assert row(parsed, "licence")[1].startswith("CC BY 4.0")
    counts = study_of_writers.to_dict()["data"]["samples_per_class"].values()
    classes = parsed.rows.index(["class", *"0123456789"])
    assert parsed.rows[classes + 1] == ["images", *map(str, counts)]
    assert row(parsed, "hold-out (shuffled)")[1:] == ["240", "60"]
    assert row(parsed, "unseen writers (UCI's own split)")[1:] == ["200", "60"]


def test_every_layer_is_in_the_table(parsed, study_of_writers):
    for layer in study_of_writers.layers():
        shape = " \N{MULTIPLICATION SIGN} ".join(map(str, layer["output_shape"]))
        cells = [layer["name"], layer["type"], shape, f"{layer['parameters']:,}"]
        assert cells in parsed.rows


def test_the_published_figures_and_the_baselines_stand_beside_ours(parsed, study_of_writers):
    ours = study_of_writers.hold_out.evaluation
    svc, knn = study_of_writers.baselines.values()
    assert row(parsed, "hold-out: accuracy")[1:] == [
        f"{ours.accuracy:.4f}",
        "0.9911",
        f"{svc.hold_out.accuracy:.4f}",
        f"{knn.hold_out.accuracy:.4f}",
    ]
    assert row(parsed, "hold-out: log-loss (nats)")[2:4] == ["0.0322", "n/a"]
    folds = study_of_writers.cross_validation
    assert row(parsed, "folds: mean accuracy")[1:] == [
        f"{folds.accuracy:.4f}",
        "0.9906",
        f"{svc.cross_validation.accuracy:.4f}",
        f"{knn.cross_validation.accuracy:.4f}",
    ]
    assert row(parsed, "unseen writers: accuracy")[2] == "n/a"


def test_the_published_means_are_those_of_the_published_folds(parsed):
    for metric, digits in (("accuracy", 5), ("log-loss (nats)", 4)):
        *folds, mean = next(
            [float(cell) for cell in cells[1:]]
            for cells in parsed.rows
            if cells[:1] == [metric] and len(cells) == 7
        )
        assert mean == pytest.approx(np.mean(folds), abs=0.6 * 10**-digits)
        assert row(parsed, f"folds: mean {metric}")[2] == f"{mean:.4f}"
    accuracies = [float(cell) for cell in row(parsed, "accuracy", "0.98754")[1:-1]]
    sd = row(parsed, "folds: standard deviation of the accuracy")[2]
    assert float(sd) == pytest.approx(np.std(accuracies), abs=6e-5)


def test_a_file_has_no_writers_no_doi_and_no_published_figures(csv_page, small_study):
    parsed = Page(csv_page)
    headings = [attributes["id"] for attributes in parsed.all("h2")]
    assert headings == ["contents", *(name for name in SECTIONS if name != "writers")]
    assert len(parsed.all("img")) == 12
    text = " ".join(parsed.words)
    of_uci = ("nseen writers", "DOI", "doi.org", "licence", "published", "MNIST", "0.9911")
    for said in (*of_uci, "doubtful"):
        assert said not in text
    assert row(parsed, "name")[1] == small_study.settings["data"]
    assert row(parsed, "hold-out: accuracy")[1:] == [
        f"{found.accuracy:.4f}"
        for found in (
            small_study.hold_out.evaluation,
            *(baseline.hold_out for baseline in small_study.baselines.values()),
        )
    ]


def test_names_of_files_are_text(small_study, render):
    name = "<script>alert('1')</script>&amp;\".csv"
    result = dataclasses.replace(small_study, settings={**small_study.settings, "data": name})
    page = render(result)
    assert "<script" not in page
    assert row(Page(page), "name")[1] == name
    assert row(Page(page), "data")[1] == name


def test_what_a_quick_or_continued_study_is_not_is_said(csv_page, small_study, render):
    continued = "seconds, without what an earlier run had done"
    assert "quick study" not in csv_page
    assert continued not in csv_page
    settings = {**small_study.settings, "quick": True}
    page = render(dataclasses.replace(small_study, settings=settings, reused={"Hold-out": 1}))
    assert "This was a quick study" in page
    assert continued in page


def test_the_command_can_be_typed(small_study, render, parsed):
    command = "skdigits study --data packaged --config default --folds 2 --epochs 2 --seed 3"
    assert command in parsed.words
    settings = {**small_study.settings, "data": "my digits.csv", "quick": True}
    page = Page(render(dataclasses.replace(small_study, settings=settings)))
    assert (
        "skdigits study --quick --data 'my digits.csv' --config default --folds 2 --epochs 2 "
        "--seed 3"
    ) in page.words


def test_a_study_without_mistakes_explains_its_least_certain_image(small_study, render):
    hold_out = small_study.hold_out
    perfect = dataclasses.replace(hold_out, y=hold_out.predicted)
    page = Page(render(dataclasses.replace(small_study, hold_out=perfect)))
    text = " ".join(" ".join(page.words).split())
    assert "0 mistakes in 60 images" in text
    assert "There is no mistake to explain" in text
    assert "The most confident mistakes" not in text


def test_doubtful_labels_are_listed_with_the_predictions(study_of_writers, render):
    X, y = load_optdigits(subset="test", return_X_y=True)
    X, y, clf = X[1030:1150], y[1030:1150], study_of_writers.hold_out.estimator
    strangers = dataclasses.replace(
        study_of_writers.hold_out,
        X=X,
        y=y,
        probabilities=clf.predict_proba(X),
        evaluation=evaluate(clf, X, y),
    )
    page = Page(render(dataclasses.replace(study_of_writers, unseen_writers=strangers)))
    text = " ".join(" ".join(page.words).split())
    doubtful = find_doubtful_labels(X, y)
    assert list(doubtful) == [8, 89, 116]
    read = clf.predict(X[list(doubtful)])
    for (index, looks_like), digit in zip(doubtful.items(), read, strict=True):
        cells = [index, y[index], looks_like, digit]
        assert row(page, str(index), "9") == list(map(str, cells))
    n_wrong = np.sum(read != 9)
    assert f"3 images here, {n_wrong} of them among the mistakes, look like another digit" in text
    assert ("may be mistakes of the label" in text) == (n_wrong > 0)


def test_the_templates_are_in_the_wheel(tmp_path):
    pytest.importorskip("hatchling")
    from hatchling.builders.wheel import WheelBuilder

    import skdigits

    root = skdigits.__path__[0] + "/.."
    (wheel,) = WheelBuilder(root).build(directory=str(tmp_path), versions=["standard"])
    templates = {"model_card.md.j2", "report.css", "report.html.j2"}
    names = {f"skdigits/report/templates/{name}" for name in templates}
    assert names <= set(zipfile.ZipFile(wheel).namelist())


CHROMIUM = shutil.which("chromium")


# The parts of the page whose text or picture is wider than the screen, and what says so.
CUT = """() => {
  const cut = [];
  for (const part of document.querySelectorAll("body *")) {
    if (part.tagName === "CAPTION") continue;
    if (part.getBoundingClientRect().right <= innerWidth + 1) continue;
    const table = part.closest(".scroll"), figure = part.closest("figure");
    const says = figure && getComputedStyle(figure, "::before").content.includes("sideways");
    const shades = table && getComputedStyle(table).backgroundImage.split("gradient").length > 4;
    if (part.closest("caption") || !(says || shades)) cut.push(part.outerHTML.slice(0, 60));
  }
  return cut;
}"""


@pytest.fixture(scope="module")
def look(page, tmp_path_factory):
    """Show the page, or another text, on a screen of some width, in light or dark."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on PATH")
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("page")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)

        def show(width=1280, scheme="light", text=page):
            path = folder / "report.html"
            path.write_text(text, encoding="utf-8")
            shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            shown.complaints, shown.loaded = [], []
            shown.on("console", lambda message: shown.complaints.append(message.text))
            shown.on("request", lambda request: shown.loaded.append(request.url.split(",")[0]))
            shown.goto(path.as_uri())
            return shown

        yield show
        browser.close()


def test_a_browser_shows_every_picture_loads_nothing_and_has_no_complaint(look):
    shown = look()
    assert shown.complaints == []
    assert {url.rpartition("/")[2] for url in shown.loaded} <= {"report.html", "png;base64"}
    widths = shown.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(widths) == 14
    assert min(widths) > 200


def test_the_policy_of_the_page_lets_nothing_run(look, page):
    script = "<script>document.title = 'ran'</script>"
    shown = look(text=page.replace("</body>", script + "</body>"))
    assert shown.title() == "Handwritten digits: a study"
    assert "Content Security Policy" in shown.complaints[0]


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_is_cut_off_without_a_sign(look, width):
    shown = look(width)
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate(CUT) == []


def test_the_contents_are_in_view_or_one_step_away(look):
    in_view = """() => {
      const { top, bottom } = document.querySelector("nav li").getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }"""
    wide = look(1280)
    wide.evaluate("scrollTo(0, 9000)")
    assert wide.evaluate("scrollY") == 9000
    assert wide.evaluate(in_view)
    narrow = look(390)
    narrow.evaluate("scrollTo(0, 9000)")
    assert not narrow.evaluate(in_view)
    narrow.get_by_role("link", name="Contents", exact=True).click()
    assert narrow.evaluate(in_view)


def test_charts_are_inverted_on_dark_screens_only_and_pictures_never(look):
    filters = """(kind) => [...new Set([...document.querySelectorAll(`.${kind} img`)]
      .map(image => getComputedStyle(image).filter))]"""
    for scheme, medium, is_dark in (
        ("light", "screen", False),
        ("dark", "screen", True),
        ("dark", "print", False),
    ):
        shown = look(1280, scheme)
        shown.emulate_media(media=medium, color_scheme=scheme)
        assert shown.evaluate(filters, "picture") == ["none"]
        (filter_of_charts,) = shown.evaluate(filters, "chart")
        assert ("invert" in filter_of_charts) == is_dark


def test_on_paper_headings_stay_with_their_figures(look):
    shown = look(1280)
    shown.emulate_media(media="print")
    broken = shown.evaluate(
        """() => [...document.querySelectorAll("h2, h3, :has(+ figure), figure, tr")]
          .filter((part) => part.checkVisibility() && part.tagName !== "DIV")
          .filter((part) => getComputedStyle(part).breakInside !== "avoid"
            && getComputedStyle(part).breakAfter !== "avoid")
          .map((part) => part.outerHTML.slice(0, 60))"""
    )
    assert broken == []
    tallest = shown.evaluate("Math.max(...[...document.images].map(i => i.height))")
    assert tallest <= 17 / 2.54 * 96 + 1  # leaves place for the heading and the text above
    assert shown.evaluate("getComputedStyle(document.querySelector('.up')).display") == "none"
