"""Records as a folder of static pages that opens from disk, without a network and without scripts."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.record import Record
from reports.text import is_web_address, neutralise
from reports.views.pages import IndexEntry, page_of

_ASSETS = ("moot.css",)


@dataclass(frozen=True, slots=True)
class SitePaths:
    """The files that were written; `pages` in the order of the records."""

    index: Path
    pages: tuple[Path, ...]
    assets: tuple[Path, ...]


def write_site(records: Iterable[Record], out: Path, *, generator: str) -> SitePaths:
    """Write an index, a page for each record and the style sheet into `out`, which is made if need be.

    `generator` names the program and its version in the footers. Records are taken one at a time, so a long
    iterable doesn't have to fit in memory. The same records give the same bytes. Files of other names in
    `out` are left alone. Raises `ValueError` when two records are of the same discussion, `OSError` when a
    file can't be written.
    """
    environment = _environment()
    out.mkdir(parents=True, exist_ok=True)
    template = environment.get_template("discussion.html")
    entries: list[IndexEntry] = []
    pages: dict[str, Path] = {}
    for record in records:
        page = page_of(record)
        if page.entry.page in pages:
            raise ValueError(f"two records of one discussion: {record.discussion.id}")
        pages[page.entry.page] = out / page.entry.page
        _write(pages[page.entry.page], template.render(page=page, generator=generator))
        entries.append(page.entry)
    entries.sort(key=lambda e: (-e.newest, e.id))
    index = out / "index.html"
    _write(index, environment.get_template("index.html").render(entries=entries, generator=generator))
    return SitePaths(index, tuple(pages.values()), tuple(_copy_assets(out)))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_neutral,
    )
    environment.tests["web_address"] = is_web_address
    return environment


def _neutral(value: object) -> object:
    """Every value that a template writes passes here, so that no field can be forgotten."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else neutralise(value)


def _copy_assets(out: Path) -> Iterable[Path]:
    for name in _ASSETS:
        target = out / name
        _write(target, (files("reports") / "assets" / name).read_text(encoding="utf-8"))
        yield target


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
