"""A mailmap says how people want to be named, as git reads it."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.mail import Address
from ingest.mailmap import Mailmap

TEXT = """\
# people
Ada Example <ada@work.example.org>
<bo@example.org> <bo@old.example.org>
Cy Tester <cy@example.org> <cy@laptop.example.org>
Di Second <di@example.org> root <root@shared.example.org>
Eli Third <eli@example.org> Eli <root@shared.example.org> and more
  Fay Fourth  <fay@example.org>   <FAY@Old.example.org>  # moved
<cy.new@example.org> <cy@laptop.example.org>
nothing that counts
Gus <>
"""


@pytest.mark.parametrize(
    ("given_address", "proper"),
    [
        (Address("ada", "ada@work.example.org"), Address("Ada Example", "ada@work.example.org")),
        (Address("Bo", "bo@old.example.org"), Address("Bo", "bo@example.org")),
        (Address("x", "CY@laptop.example.org"), Address("Cy Tester", "cy.new@example.org")),
        (Address("ROOT", "root@shared.example.org"), Address("Di Second", "di@example.org")),
        (Address("eli", "root@shared.example.org"), Address("Eli Third", "eli@example.org")),
        (Address("Hana", "root@shared.example.org"), Address("Hana", "root@shared.example.org")),
        (Address("Fay", "fay@old.example.org"), Address("Fay Fourth", "fay@example.org")),
        (Address("Ivo", "ivo@example.org"), Address("Ivo", "ivo@example.org")),
    ],
)
def test_all_four_forms_are_read_as_git_reads_them(
    given_address: Address, proper: Address, tmp_path: Path
) -> None:
    assert Mailmap(TEXT).resolve(given_address) == proper
    (tmp_path / "mailmap").write_text(TEXT)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    contact = f"{given_address.name} <{given_address.email}>"
    said = subprocess.run(
        ["git", "-c", "mailmap.file=mailmap", "check-mailmap", contact],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == f"{proper.name} <{proper.email}>"


@settings(deadline=None)
@given(st.text(alphabet="ab <>@#\n\0é", max_size=200), st.text(alphabet="ab @", max_size=10))
def test_nothing_in_a_mailmap_raises(text: str, email: str) -> None:
    Mailmap(text).resolve(Address("a", email))
