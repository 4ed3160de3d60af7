"""What pages show, computed before any template runs: frozen dataclasses of plain strings and numbers."""
