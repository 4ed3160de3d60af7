"""Every odd mail that was collected becomes a message, with a defect where it has one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.mail import ParsedMail
from ingest.parsing import parse
from ingest.sources.opening import open_source

SHARED = Path(os.environ.get("MOOT_SHARED", Path(__file__).parents[3] / "shared"))
ODD = sorted((SHARED / "odd").glob("*.eml"))

pytestmark = pytest.mark.skipif(not ODD, reason="the folder of odd mail isn't there")

# What the trouble that a file is named after must leave behind; None where it is no defect of the mail.
TOLD = {
    "8bit_body_no_charset": "charset",
    "8bit_header": "8-bit header",
    "odd_tz": "date",
    "self_in_refs": "references",
    "self_reply_irt": "references",
    "tnef": "tnef",
    "unknown_charset": "charset",
}
ADVERTISEMENTS = {"empty_body"}


def read(path: Path) -> Iterator[ParsedMail]:
    return (parse(raw) for raw in open_source(str(path)))


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_each_odd_file_is_one_message_and_its_trouble_is_told(path: Path) -> None:
    trouble = path.name.partition("--")[0]
    (found,) = read(path)
    assert found.raw.data == path.read_bytes()
    message = found.message
    assert message is not None
    assert message.author.email
    assert message.date is not None
    assert message.message_id not in message.references
    assert message.message_id not in message.in_reply_to
    assert not message.message_id.startswith("derived.")
    assert "\0" not in message.text
    assert "\r" not in message.text
    assert message.text or trouble in ADVERTISEMENTS
    message.text.encode()
    told = {d.kind for d in found.defects}
    if trouble in TOLD:
        assert TOLD[trouble] in told
    assert all(d.message_id == message.message_id and d.source == str(path) for d in found.defects)


def test_a_folder_of_all_odd_mail_is_accounted_for() -> None:
    source = open_source(str(SHARED / "odd"))
    assert len(list(source)) == len(ODD)
    assert source.defects == []


def test_a_second_mail_with_the_id_of_a_first_keeps_it() -> None:
    ids = [
        found.message.message_id
        for path in ODD
        if path.name.startswith("dup_msgid")
        for found in read(path)
        if found.message
    ]
    assert len(set(ids)) < len(ids)
