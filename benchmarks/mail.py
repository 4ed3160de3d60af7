"""The mail of a file as discussions, through the same rooms as in use but without an archive."""

import sys
from pathlib import Path

# The folder of a running script stands first in sys.path, where benchmarks/ingest.py hides the room ingest/.
sys.path.sort(key=str(Path(__file__).parent).__eq__)

from archive.mail import Discussion
from ingest.derivation import discuss
from ingest.intake import read_mail
from ingest.sources.opening import open_source


def read_discussions(path: Path) -> list[Discussion]:
    """The discussions in an mbox or any other source."""
    mails = (read_mail(raw) for raw in open_source(str(path)).mails())
    known = {}
    for parsed in mails:
        if parsed.message is not None:
            known.setdefault(parsed.message.message_id, parsed.message)
    return [derived.discussion for derived in discuss(list(known.values()))]
