"""Fixtures for the tests of the model checker."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from analysis.model.exploration import Exploration
from analysis.model.explorer import Limits, explore
from analysis.model.machine import Machine
from analysis.model.program import Task, build
from analysis.model.tries import Tries

Explore = Callable[..., Exploration]


@pytest.fixture
def explored() -> Explore:
    """Explore some functions as tasks, and audit that no two histories were wrongly taken for one state."""

    def run(*functions: Callable[..., object], limits: Limits | None = None, **settings: int) -> Exploration:
        tasks = [Task(f"{f.__name__} {k}", f) for k, f in enumerate(functions)]
        tries = Tries(Machine(build(tasks, settings), audit=True))
        exploration = explore(tries, limits)
        tries.audit()
        return exploration

    return run


@dataclass(frozen=True)
class Said:
    """What SPIN said: counts as moot makes them, and the depth of the shortest violation."""

    states: int
    transitions: int
    depth: int
    violated_at: int | None


@pytest.fixture
def spin(tmp_path: Path) -> Callable[..., Said]:
    """Run SPIN breadth first over a Promela text."""
    if not (shutil.which("spin") and shutil.which("gcc")):
        pytest.skip("spin and gcc are not installed")

    def run(text: str, *options: str) -> Said:
        (tmp_path / "model.pml").write_text(text, encoding="utf-8")
        subprocess.run(["spin", "-a", "-o2", "model.pml"], cwd=tmp_path, check=True, capture_output=True)
        flags = ["-w", "-O0", "-DSAFETY", "-DNOREDUCE", "-DBFS", "-DVECTORSZ=8192"]
        subprocess.run(["gcc", *flags, "pan.c", "-o", "pan"], cwd=tmp_path, check=True)
        said = subprocess.run(
            ["./pan", "-E", "-w18", *options], cwd=tmp_path, capture_output=True, text=True
        ).stdout
        violation = re.search(r"assertion violated.*\(at depth (\d+)\)", said)
        return Said(
            int(re.search(r"(\d+) states, stored", said)[1]),
            # SPIN counts the way to the initial state
            int(re.search(r"(\d+) transitions", said)[1]) - 1,
            int(re.search(r"depth reached (\d+)", said)[1]),
            int(violation[1]) if violation else None,
        )

    return run


@pytest.fixture(scope="session")
def benchmark_case() -> ModuleType:
    """benchmarks/model.py as a module."""
    file = Path(__file__).parents[2] / "benchmarks" / "model.py"
    spec = importlib.util.spec_from_file_location("benchmark_of_the_model", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
