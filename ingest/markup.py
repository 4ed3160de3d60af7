"""The text of an HTML page as a reader sees it: `<pre>` kept as it is, block quotes marked with `>`."""

from html.parser import HTMLParser

_BREAKS = {
    "br",
    "p",
    "div",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "blockquote",
    "pre",
    "dd",
    "dt",
}
_HIDDEN = {"script", "style", "head", "noscript", "template", "select", "textarea", "button", "nav", "form"}

# Mail that nests deeper than this is an attack, not a discussion.
_DEEPEST = 60


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.parts: list[str] = []
        self.pre_spans: list[tuple[int, int]] = []
        self._pre = self._quote = self._hidden = 0
        self._pre_from = 0
        self._in_title = False
        self._at_start = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag in _HIDDEN:
            self._hidden = min(self._hidden + 1, _DEEPEST)
        elif tag == "body":
            self._hidden = 0  # a head that was never closed
        if tag in _BREAKS:
            self._break()
        if tag == "pre":
            if not self._pre:
                self._pre_from = len(self.parts)
            self._pre = 1
        elif tag == "blockquote":
            self._quote = min(self._quote + 1, _DEEPEST)
        elif tag == "td" and not self._at_start:
            self._write("\t")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in _HIDDEN:
            self._hidden = max(self._hidden - 1, 0)
        if tag == "blockquote":
            self._quote = max(self._quote - 1, 0)
        elif tag == "pre" and self._pre:
            self._pre = 0
            self.pre_spans.append((self._pre_from, len(self.parts)))
        if tag in _BREAKS and tag not in ("br", "hr"):
            self._break()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._hidden:
            if self._pre:
                self._write(data)
            elif data.strip():
                lead = " " if data[0].isspace() and not self._at_start else ""
                tail = " " if data[-1].isspace() else ""
                self._write(lead + " ".join(data.split()) + tail)
            elif not self._at_start:
                self._write(" ")

    def _write(self, data: str) -> None:
        if self._quote:
            mark = "> " * self._quote
            lines = data.split("\n")
            data = f"\n{mark}".join(lines)
            if self._at_start:
                data = mark + data
        self.parts.append(data)
        self._at_start = data.endswith("\n")

    def _break(self) -> None:
        if not self._at_start or (self._quote == 0 and self._pre == 0 and self.parts):
            if self.parts and not self.parts[-1].endswith("\n"):
                self.parts.append("\n")
            self._at_start = True


def read_markup(page: str) -> tuple[str, str, str]:
    """Title, whole visible text, and the text of the longest `<pre>` ("" when the page has none)."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    spans = reader.pre_spans
    if reader._pre:
        spans.append((reader._pre_from, len(reader.parts)))
    pres = ["".join(reader.parts[a:b]).strip("\n") for a, b in spans]
    return " ".join(reader.title.split()), "".join(reader.parts), max(pres, key=len, default="")
