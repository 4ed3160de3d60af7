"""An archive of its own for each test, and mails made by hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.database import Database, open_archive
from archive.mail import Address, Block, BlockKind, Message, ParsedMail, RawMail

MakeMail = Callable[..., ParsedMail]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_archive(tmp_path / "archive.sqlite") as opened:
        yield opened


@pytest.fixture
def make_mail() -> MakeMail:
    def make(message_id: str, text: str = "It stalls.\n", **more: object) -> ParsedMail:
        header = f"Message-ID: <{message_id}>\nX-Copy: {more.pop('copy', '')}\n\n"
        values: dict[str, object] = {
            "message_id": message_id,
            "author": Address("Ada Example", "ada@example.org"),
            "subject": "page_mapped after unmap",
            "date": datetime(2011, 1, 20, 12, 30, tzinfo=UTC),
            "text": text,
            "blocks": (Block(BlockKind.OWN, 0, len(text)),),
            **more,
        }
        message = Message(**values)  # type: ignore[arg-type]
        return ParsedMail(
            RawMail((header + text).encode("utf-8", "surrogateescape"), "made by hand"), message
        )

    return make
