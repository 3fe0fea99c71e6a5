"""Report studies, comparisons, searches and models: pages, figures, tables, JSON, the terminal."""

from skdigits.report._card import render_card
from skdigits.report._comparison import draw_comparison
from skdigits.report._html import render_report
from skdigits.report._search import draw_search
from skdigits.report._terminal import (
    print_comparison,
    print_evaluation,
    print_search,
    print_summary,
    print_trained_model,
)
from skdigits.report._write import (
    check_writable,
    json_ready,
    write_comparison,
    write_report,
    write_search,
)

__all__ = [
    "check_writable",
    "draw_comparison",
    "draw_search",
    "json_ready",
    "print_comparison",
    "print_evaluation",
    "print_search",
    "print_summary",
    "print_trained_model",
    "render_card",
    "render_report",
    "write_comparison",
    "write_report",
    "write_search",
]
