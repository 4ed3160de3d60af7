"""docs/model.md: every example runs and says what the page claims."""

import importlib.util
import re
from pathlib import Path

import pytest

from analysis.model.check import check

PAGE = Path(__file__).parents[2] / "docs" / "model.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
EXPECT = re.compile(r'^# expect "([^"]+)": (pass|fail|inconclusive)(?:, (.+))?$', re.MULTILINE)


def test_the_page_has_examples():
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_says_what_the_page_claims(tmp_path, number):
    file = tmp_path / f"example_{number}.py"
    file.write_text(EXAMPLES[number], encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"example_{number}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    expected = EXPECT.findall(EXAMPLES[number])
    assert expected
    settings = getattr(module, "settings", None)
    for symmetry in {False, getattr(module, "symmetry", False)}:
        results = {r.property: r for r in check(module.tasks, settings, audit=True, symmetry=symmetry)}
        for name, verdict, strength in expected:
            assert results[name].verdict.value == verdict, results[name].reason
            assert not strength or results[name].strength == strength
