"""Findings and verdicts become pages: view objects first, templates second."""
