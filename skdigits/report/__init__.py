"""What a study or a comparison leaves behind: figures, tables, JSON, a summary on the terminal."""

from skdigits.report._card import render_card
from skdigits.report._comparison import draw_comparison, print_comparison, write_comparison
from skdigits.report._html import render_report
from skdigits.report._model import print_evaluation, print_trained_model
from skdigits.report._summary import print_summary
from skdigits.report._write import check_writable, json_ready, write_report

__all__ = [
    "check_writable",
    "draw_comparison",
    "json_ready",
    "print_comparison",
    "print_evaluation",
    "print_summary",
    "print_trained_model",
    "render_card",
    "render_report",
    "write_comparison",
    "write_report",
]
