"""A raw mail into rows for the archive: everything that needs neither the source nor the archive."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archive.mail import ParsedMail, RawMail
from archive.packing import Compressor
from archive.preparation import PreparedMail, prepare
from ingest.blocks import read_blocks
from ingest.page import parse_page
from ingest.parsing import parse


@dataclass(frozen=True, slots=True)
class Recipe:
    """What preparing depends on beside the mail: the list it came through, and how raw mail is packed."""

    list_name: str | None = None
    dictionary_id: int | None = None
    dictionary: bytes | None = None


def read_mail(raw: RawMail, list_name: str | None = None) -> ParsedMail:
    """A raw mail as a message with its blocks."""
    parsed = parse_page(raw) if raw.form == "page" else parse(raw)
    if parsed.message is None:
        return parsed
    message = parsed.message
    if not message.blocks:
        message = replace(message, blocks=read_blocks(message.text))
    if list_name and list_name not in message.lists:
        message = replace(message, lists=(*message.lists, list_name))
    return replace(parsed, message=message)


class Preparer:
    """Prepares mail by one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._compressor = Compressor(recipe.dictionary)

    def __call__(self, mails: Sequence[RawMail]) -> list[PreparedMail]:
        """The rows of some mails, in their order."""
        recipe = self._recipe
        return [
            prepare(read_mail(raw, recipe.list_name), self._compressor, recipe.dictionary_id) for raw in mails
        ]
