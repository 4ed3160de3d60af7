"""The style sheet: every text colour can be read on every ground that it meets, by day and by night."""

import re
from importlib.resources import files
from itertools import product

import pytest

CSS = (files("reports") / "assets" / "moot.css").read_text(encoding="utf-8")
DAY, NIGHT = re.findall(r":root \{(.*?)\}", CSS, re.S)[:2]
GROUNDS = ("paper", "raised")
TEXTS = ("ink", "soft", "link", "pass", "fail", "doubt", "none", *(f"task-{n}" for n in range(6)))
TINTED = [
    *((text, f"{name}-ground") for name in ("pass", "fail", "doubt", "none") for text in (name, "ink")),
    ("link", "pass-ground"),
    ("soft", "pass-ground"),
    ("soft", "none-ground"),
    ("link", "none-ground"),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [DAY, NIGHT], ids=["day", "night"])
@pytest.mark.parametrize(("text", "ground"), [*product(TEXTS, GROUNDS), *TINTED])
def test_text_stands_out_from_its_ground(scheme, text, ground):
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
    bright, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_the_style_sheet_loads_nothing():
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_every_result_has_a_sign_beside_its_colour():
    for name in ("pass", "fail", "inconclusive"):
        assert re.search(rf"\.chip\.{name} b::before {{ content: \"\S", CSS)
