"""A file that is one mail: RFC 5322 bytes, or a page that a web archive made of it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from archive.mail import Defect, RawMail
from ingest.sources.source import Limits, Source
from ingest.sources.streams import Stream, open_stream


class SingleSource(Source):
    """One mail; `form` is `mail` or `page`. `path` is None for standard input, read from `stream`."""

    def __init__(
        self, name: str, path: Path | None, form: str, limits: Limits, stream: Stream | None = None
    ) -> None:
        super().__init__(name, "eml" if form == "mail" else form)
        self.size = path.stat().st_size if path else None
        self._path = path
        self._stream = stream
        self._form = form
        self._limits = limits
        self._position: str | None = None

    @property
    def position(self) -> str | None:
        """A digest of the file, so that only a changed one is read again."""
        return self._position if self._path else None

    def mails(self, after: str | None = None) -> Iterator[RawMail]:
        """As `Source.mails`."""
        stream = self._stream or open_stream(self._path, self.name, self._limits)
        data = stream.read(self._limits.mail)
        left = bool(stream.peek(1))
        self.done = stream.taken
        self._position = hashlib.sha256(data).hexdigest()[:16]
        if left:
            detail = f"longer than {self._limits.mail} bytes: the rest is left out"
            self.defects.append(Defect(self.name, "mail cut", detail, 0))
        if self._position != after:
            yield RawMail(data, self.name, 0, self._form)
        # Damage behind the mail's last byte is told once the mail is out.
        stream.skip(1)
        stream.close()
