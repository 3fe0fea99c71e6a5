"""What a study leaves behind: figures, ``results.json`` and a summary on the terminal."""

from skdigits.report._summary import print_summary
from skdigits.report._write import check_writable, write_report

__all__ = ["check_writable", "print_summary", "write_report"]
