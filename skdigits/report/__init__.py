"""Report studies, comparisons, searches and models: pages, figures, tables, JSON.

The public functions write the files of a result or render a model card. The other names are what
the command line prints on the terminal.
"""

from skdigits.report._card import render_card
from skdigits.report._comparison import comparison_legend, comparison_rows, split_title
from skdigits.report._formatting import fold_rows, interval, metric_rows, number
from skdigits.report._search import leaderboard_rows, parameter_rows, search_legend
from skdigits.report._write import json_ready, write_comparison, write_report, write_search

__all__ = [
    "comparison_legend",
    "comparison_rows",
    "fold_rows",
    "interval",
    "json_ready",
    "leaderboard_rows",
    "metric_rows",
    "number",
    "parameter_rows",
    "render_card",
    "search_legend",
    "split_title",
    "write_comparison",
    "write_report",
    "write_search",
]
