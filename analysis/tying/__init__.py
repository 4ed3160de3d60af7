"""Findings and scenario options matched, with the reason."""
