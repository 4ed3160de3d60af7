"""The wheel holds all that moot needs: built, installed into a new environment, and run there."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and, by path, the dependencies of this one.

    A path file adds no further path files, so the editable install of this checkout stays out of sight.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    binary = home / "bin" / "python"
    install = ["-m", "pip", "install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run([str(binary), *install], check=True, capture_output=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return binary


def run(python: Path, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(python.parent / "moot"), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": "", "MOOT_DB": str(cwd / "archive.sqlite")}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)


def test_the_wheel_has_five_packages_and_their_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"archive", "ingest", "analysis", "reports", "moot"}
    assert {f"{top}/py.typed" for top in tops} <= set(names)
    assert "archive/migrations/versions/0001_first_schema.py" in names
    assert "moot/examples/unmap-mapping-range.mbox" in names
    assert any(name.startswith("reports/templates/") for name in names)
    assert any(name.startswith("analysis/reading/weights/") for name in names)


def test_the_installed_wheel_does_the_main_job(python: Path, tmp_path: Path) -> None:
    code = "import moot, pathlib; print(pathlib.Path(moot.__file__).parent)"
    where = subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    installed = Path(where.stdout.strip())
    assert ROOT not in installed.parents
    source = installed / "examples" / "unmap-mapping-range.mbox"
    ran = run(python, "run", source, "-o", tmp_path / "out", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "out" / "index.html").exists()
    assert "unmap_mapping_range" in run(python, "proposals", cwd=tmp_path).stdout
