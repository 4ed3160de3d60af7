"""Running commands as a user does, in this process, with an archive of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from moot.cli import main

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def moot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("MOOT_DB", str(tmp_path / "archive.sqlite"))
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["moot", *map(str, arguments)])
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capfdbinary.readouterr()
        code = stopped.value.code
        return Ran(0 if code is None else int(code), printed.out.decode(), printed.err.decode())

    return run


@pytest.fixture
def example() -> Path:
    """The discussion that ships with the project."""
    return ROOT / "examples" / "unmap-mapping-range.mbox"
