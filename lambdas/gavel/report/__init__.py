"""The report: one HTML file for people, which needs no network and no other file."""

from gavel.report.data import ReportData, ReportHead
from gavel.report.page import render_report

__all__ = ["ReportData", "ReportHead", "render_report"]
