"""Sphinx configuration: MyST pages, numpydoc docstrings."""

import skdigits

project = "skdigits"
author = "the skdigits developers"
copyright = "2026, the skdigits developers"
version = release = skdigits.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
numpydoc_show_class_members = False
autodoc_typehints = "none"
html_theme = "alabaster"
html_theme_options = {
    "description": "Handwritten digits, a Keras CNN and scikit-learn's API",
    "page_width": "1100px",
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchfield.html"]}
