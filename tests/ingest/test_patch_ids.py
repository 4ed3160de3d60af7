"""The id of a patch is the one that git gives it, and is the same wherever the patch is sent."""

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.patches import Change, fingerprint

DIFF = """\
diff --git a/mm/foo.c b/mm/foo.c
index 1234567..89abcde 100644
--- a/mm/foo.c
+++ b/mm/foo.c
@@ -10,3 +10,4 @@ void foo_range(struct bar *bar)
 \tint x;
-\tspin_lock(&bar->lock);
+\tmutex_lock(&bar->mutex);
+\tfoo_check(bar);
 }
diff --git a/mm/new.c b/mm/new.c
new file mode 100644
index 0000000..89abcde
--- /dev/null
+++ b/mm/new.c
@@ -0,0 +1 @@
+int a_new_one;
"""
MAIL = f"A changelog with diff and words.\n\nSigned-off-by: Ada\n---\n mm/foo.c | 3 +-\n\n{DIFF}-- \n2.39.5\n"


def git_patch_id(text: str) -> str | None:
    ran = subprocess.run(
        ["git", "patch-id", "--stable"], input=text.encode(), capture_output=True, check=True
    )
    return ran.stdout.decode().split()[0] if ran.stdout else None


class History:
    """A repository whose commits change what they happen to."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.git("init", "-q")

    def git(self, *words: str) -> str:
        call = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *words]
        return subprocess.run(call, cwd=self.folder, capture_output=True, check=True).stdout.decode()

    def patch(self) -> str:
        for _ in range(self.random.randint(1, 5)):
            self._change(self.folder / f"f{self.random.randint(0, 6)}")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "words")
        how = self.random.choice(["--no-binary", "--binary", "-M", "-U0", "-U1"])
        return self.git("format-patch", "-1", "--stdout", how)

    def _change(self, path: Path) -> None:
        draw = self.random
        what = draw.random()
        if path.exists() and what < 0.1:
            path.unlink()
        elif path.exists() and what < 0.2:
            path.chmod(draw.choice([0o755, 0o644]))
        elif path.exists() and what < 0.3:
            path.rename(self.folder / f"f{draw.randint(0, 6)}")
        elif what < 0.4:
            path.write_bytes(b"\0" + draw.randbytes(40))
        else:
            lines = path.read_bytes().split(b"\n") if path.exists() else []
            words = [
                "x y\t z",
                "",
                "-- a b",
                "++ q",
                "diff --git z",
                "\f w",
                "é\u2003x",
                "1" * 40,
                "Index: a",
            ]
            for _ in range(draw.randint(1, 6)):
                lines.insert(draw.randint(0, len(lines)), draw.choice(words).encode())
            path.write_bytes(b"\n".join(lines) + draw.choice([b"", b"\n"]))


@pytest.mark.parametrize("seed", range(3))
def test_patch_ids_are_those_of_git(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path, seed)
    ids = set()
    for _ in range(25):
        mail = history.patch()
        assert Change(mail).patch_id == git_patch_id(mail), mail
        ids.add(Change(mail).patch_id)
    assert len(ids) > 15


def test_an_id_outlives_line_numbers_blob_ids_white_space_and_the_order_of_files() -> None:
    change = Change(MAIL)
    assert change.patch_id == git_patch_id(MAIL)
    first, second = DIFF.split("diff --git a/mm/new.c")
    for other in (
        DIFF,
        DIFF.replace("@@ -10,3 +10,4 @@", "@@ -99,3 +99,4 @@").replace("1234567..", "fffffff.."),
        DIFF.replace("\t", "        "),
        "diff --git a/mm/new.c" + second + first,
    ):
        assert Change(other).patch_id == change.patch_id
    assert Change(DIFF.replace("mutex_lock", "down_write")).patch_id != change.patch_id


def test_a_diff_without_git_lines_has_the_id_of_one_with_them() -> None:
    git = "".join(line for line in DIFF.splitlines(True) if not line.startswith(("new file", "index ")))
    bare = "".join(line for line in git.splitlines(True) if not line.startswith("diff "))
    quilt = bare.replace("--- a/mm/foo.c", "Index: linux/mm/foo.c\n=======\n--- a/mm/foo.c")
    assert git_patch_id(bare) is None
    assert Change(bare).patch_id == Change(quilt).patch_id == git_patch_id(git)


def test_a_change_tells_its_files_and_lines() -> None:
    change = Change(MAIL)
    assert change.files == {"mm/foo.c", "mm/new.c"}
    assert "+ mutex_lock(&bar->mutex);" in {line.replace("+mutex", "+ mutex") for line in change.lines}
    assert not any(line.startswith(("---", "+++")) for line in change.lines)
    assert Change("Words only, + and -.\n--- cut\n").patch_id is None
    assert not Change("Words only.").files


def test_a_fingerprint_is_shared_by_the_same_change_only() -> None:
    moved = DIFF.replace("@@ -10,3", "@@ -99,3")
    assert fingerprint(MAIL) == fingerprint(moved) != 0
    assert fingerprint(DIFF.replace("foo_check", "foo_test")) != fingerprint(DIFF)
    assert fingerprint("No change.") == 0


@settings(deadline=None)
@given(st.text(alphabet="+- @di f\n\\ab/0,1\x00\ud800", max_size=300))
def test_no_diff_raises(text: str) -> None:
    change = Change("diff --git a/x b/x\n" + text)
    assert change.patch_id is not None
    assert isinstance(change.lines, frozenset)
