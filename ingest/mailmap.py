"""git's mailmap: which name and address a person wants to be known by.

The format is that of gitmailmap(5), read as `git check-mailmap` reads it.
"""

from archive.mail import Address

# The longest real one, of Linux, has 900 lines.
_MOST_LINES = 100_000
_LONGEST = 4096


class Mailmap:
    """What a mailmap file says, in its four forms; a line that is none of them is passed over."""

    def __init__(self, text: str = "") -> None:
        """Read the text of a mailmap file; later lines win over earlier ones."""
        self._by_email: dict[str, Address] = {}
        self._by_both: dict[tuple[str, str], Address] = {}
        for line in text.split("\n")[:_MOST_LINES]:
            if not line.startswith("#"):
                self._read(line[:_LONGEST])

    def resolve(self, address: Address) -> Address:
        """The proper name and address of a person, as far as the file says; else what was given."""
        email, name = address.email.casefold(), address.name.casefold()
        proper = self._by_both.get((email, name)) or self._by_email.get(email)
        if proper is None:
            return address
        return Address(proper.name or address.name, proper.email or address.email)

    def _read(self, line: str) -> None:
        name, email, rest = _cut(line)
        if not email:
            return
        old_name, old_email, _ = _cut(rest)
        if old_email is None:
            old_name, old_email, email = "", email, ""
        if old_name:
            self._by_both[old_email.casefold(), old_name.casefold()] = Address(name, email)
        else:
            before = self._by_email.get(old_email.casefold(), Address())
            self._by_email[old_email.casefold()] = Address(name or before.name, email or before.email)


def _cut(text: str) -> tuple[str, str | None, str]:
    """The name and address that a text begins with, and what follows; None where there is no address."""
    left = text.find("<")
    right = text.find(">", left + 1)
    if left < 0 or right < 0:
        return "", None, ""
    return text[:left].strip(), text[left + 1 : right], text[right + 1 :]
