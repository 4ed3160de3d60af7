"""The Python API, used as its own page shows it."""

import re
import shutil
from pathlib import Path

import pytest

from moot import api

EXAMPLE = Path(__file__).parents[2] / "examples" / "unmap-mapping-range.mbox"


def test_the_example_in_the_page_of_the_api_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = re.findall(r"^    (.*)$", api.__doc__ or "", re.MULTILINE)
    shutil.copy(EXAMPLE, tmp_path / "thread.mbox")
    monkeypatch.chdir(tmp_path)

    exec("\n".join(shown), {})

    assert "mutex" in capsys.readouterr().out


def test_a_source_that_is_missing_is_said_in_the_report_and_an_unknown_name_raised(tmp_path: Path) -> None:
    with api.open_archive(tmp_path / "a.sqlite") as archive:
        report = api.ingest(archive, [str(tmp_path / "missing.mbox"), str(EXAMPLE)])
        with pytest.raises(api.UnknownNameError, match="nobody@example"):
            api.discussions(archive, ["nobody@example.org"])

    missing, example = report.sources
    assert missing.error and "missing.mbox" in missing.error
    assert example.error is None and example.counts.new > 0
