"""Sphinx configuration: MyST pages, numpydoc docstrings, a gallery of the examples."""

import os
import re
from pathlib import Path

import matplotlib
from numpydoc.xref import DEFAULT_LINKS

import skdigits

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # nothing of TensorFlow's on the examples' pages
matplotlib.use("agg")

_HERE = Path(__file__).parent

project = "skdigits"
author = "the skdigits developers"
copyright = "2026, the skdigits developers"
version = release = skdigits.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "inventories", "**/GALLERY_HEADER.rst"]
templates_path = ["_templates"]
nitpicky = True  # a name that is no link is an error: correct it, or add it to inventories/
nitpick_ignore_regex = [("py:obj", r".*\.set_\w+_request")]  # scikit-learn's own

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"
autosummary_generate = True
numpydoc_class_members_toctree = False
numpydoc_show_inherited_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # but for these
numpydoc_xref_aliases = {name: name for name in DEFAULT_LINKS} | {
    name: f":class:`~{target}`"
    for name, target in {
        "Bunch": "sklearn.utils.Bunch",
        "DataFrame": "pandas.DataFrame",
        "KeyboardInterrupt": "KeyboardInterrupt",
        "OSError": "OSError",
        "Path": "pathlib.Path",
        "RandomState": "numpy.random.RandomState",
        "RuntimeError": "RuntimeError",
        "TypeError": "TypeError",
        "UserWarning": "UserWarning",
        "ValueError": "ValueError",
        "VotingClassifier": "sklearn.ensemble.VotingClassifier",
        "keras.Model": "keras.Model",
        "ndarray": "numpy.ndarray",
        "sklearn.exceptions.NotFittedError": "sklearn.exceptions.NotFittedError",
        "sklearn.pipeline.Pipeline": "sklearn.pipeline.Pipeline",
    }.items()
}
# And our own classes, which have pages.
for _name in re.findall(r"^   ([\w.]*\b[A-Z]\w+)$", (_HERE / "api/index.md").read_text(), re.M):
    numpydoc_xref_aliases[_name.rpartition(".")[2]] = f":class:`~skdigits.{_name}`"
    numpydoc_xref_aliases[f"skdigits.{_name}"] = f":class:`~skdigits.{_name}`"

# Small inventories of the names that are referred to, so that building needs no network.
intersphinx_mapping = {
    name: (address, str(_HERE / "inventories" / f"{name}.txt"))
    for name, address in {
        "joblib": "https://joblib.readthedocs.io/en/stable/",
        "keras": "https://keras.io/",
        "matplotlib": "https://matplotlib.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "pandas": "https://pandas.pydata.org/docs/",
        "python": "https://docs.python.org/3/",
        "sklearn": "https://scikit-learn.org/stable/",
    }.items()
}

copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"(^|/)(?!plot_)[^/]*$",
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "api/backreferences",
    "doc_module": ("skdigits",),
    "reference_url": {"skdigits": None},
    "inspect_global_variables": True,
    "remove_config_comments": True,
    "download_all_examples": False,
    "capture_repr": ("_repr_html_",),
    "min_reported_time": 3600,
    "show_memory": False,
    "show_signature": False,
    "plot_gallery": "True",
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_static_path = ["_static"]
html_css_files = ["skdigits.css"]
html_favicon = "../skdigits/web/static/icon.svg"
html_show_sourcelink = False
html_sidebars = {name: [] for name in ("index", "install", "tutorial", "teaching")}
html_theme_options = {
    "logo": {"text": "skdigits"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def resolve_short_name(app, env, node, contnode):
    """Find what a docstring refers to by its last name alone, as its reader in Python would."""
    if node.get("refdomain") != "py" or "." in node["reftarget"]:
        return None
    node["refspecific"] = True  # any module's
    place = (env, node["refdoc"], app.builder, node["reftype"], node["reftarget"])
    return env.get_domain("py").resolve_xref(*place, node, contnode)


def drop_wrong_anchors(app, pagename, templatename, context, doctree):
    """Correct viewcode's way back from a module whose names are handed on by two others."""
    if pagename.startswith("_modules/"):
        context["body"] = re.sub(r'(/([\w.]+)\.html)#(?!\2)[^"]+', r"\1", context["body"])


def setup(app):
    """Connect what is above."""
    app.connect("missing-reference", resolve_short_name)
    app.connect("html-page-context", drop_wrong_anchors)
