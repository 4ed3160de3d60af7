"""The shipped discussions are mail that stands on its own, and their annotations fit them.

Read with the standard library alone, so that a mistake of the project's own reader can't hide one here.
"""

import email
import email.policy
import json
import mailbox
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from archive.findings import Fate, Kind, Outcome, Stance
from archive.identity import fold

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
SEPARATOR = "From mboxrd@z Thu Jan  1 00:00:00 1970"

# At least this many mails; the first is what `make demo` reads.
SHIPPED = {"unmap-mapping-range": 12, "reclaim-recursion": 8}

# mboxrd writes an own line that begins with "From " as ">From ": not a quote.
QUOTED = re.compile(r"^>(?!>{0,8}From )")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+){0,8}")
OURS = re.compile(r"@(?:[\w-]+\.)?example\.(?:org|net|com)$")
BRACKETED = re.compile(r"<([^<>\s]+)>")


@dataclass(frozen=True)
class Example:
    """One shipped mbox, its mails by id, and its annotation."""

    name: str
    raw: str
    mails: list[EmailMessage]
    gold: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        return [ids_in(mail, "Message-ID")[0] for mail in self.mails]

    def mail(self, message_id: str) -> EmailMessage:
        return self.mails[self.ids.index(message_id)]

    def quotes(self) -> list[dict[str, str]]:
        """Everything in the annotation that is anchored on a quote."""
        gold = self.gold
        also = [place for proposal in gold["proposals"] for place in proposal["also"]]
        decision = [gold["decision"]] if gold["decision"] else []
        return [
            *gold["symptoms"],
            *gold["proposals"],
            *also,
            *gold["arguments"],
            *gold["call_paths"],
            *decision,
        ]


def ids_in(mail: EmailMessage, header: str) -> list[str]:
    return BRACKETED.findall(str(mail[header] or ""))


def body(mail: EmailMessage) -> str:
    return str(mail.get_content())


def own_text(mail: EmailMessage) -> str:
    return fold("\n".join(line for line in body(mail).splitlines() if not QUOTED.match(line)))


def read(name: str) -> Example:
    path = EXAMPLES / f"{name}.mbox"
    box = mailbox.mbox(path, create=False)
    mails = []
    for key in box.keys():  # noqa: SIM118  (iterating the box itself would parse with another policy)
        mail = email.message_from_bytes(box.get_bytes(key), policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        mails.append(mail)
    gold = json.loads((HERE / f"{name}.gold.json").read_text("utf-8"))
    return Example(name, path.read_text("utf-8"), mails, gold)


@pytest.fixture(scope="module", params=SHIPPED)
def example(request: pytest.FixtureRequest) -> Example:
    return read(request.param)


def test_every_separator_starts_one_mail_that_parses_without_a_defect(example: Example) -> None:
    assert len(example.mails) >= SHIPPED[example.name]
    assert example.raw.splitlines().count(SEPARATOR) == len(example.mails)
    assert [mail.defects for mail in example.mails] == [[]] * len(example.mails)
    assert all(mail["From"] and mail["Subject"] and mail["List-Id"] for mail in example.mails)


def test_message_ids_are_there_once_each(example: Example) -> None:
    assert len(set(example.ids)) == len(example.mails)


def test_every_reference_is_to_an_earlier_mail_of_the_example(example: Example) -> None:
    seen: set[str] = set()
    for mail, message_id in zip(example.mails, example.ids, strict=True):
        assert set(ids_in(mail, "References")) | set(ids_in(mail, "In-Reply-To")) <= seen
        seen.add(message_id)


def test_replies_end_their_references_with_the_mail_they_answer(example: Example) -> None:
    for mail in example.mails:
        assert ids_in(mail, "References")[-1:] == ids_in(mail, "In-Reply-To")[:1]


def test_dates_are_in_order_and_name_the_right_day_of_the_week(example: Example) -> None:
    dates = [mail["Date"].datetime for mail in example.mails]
    assert dates == sorted(dates)
    # The email package writes the day of the week anew, so it is taken from the raw header.
    stated = re.findall(r"^Date: (\w+),", example.raw, re.MULTILINE)
    assert stated == [date.strftime("%a") for date in dates]


def test_all_addresses_are_of_the_domains_reserved_for_examples(example: Example) -> None:
    text = "".join(f"{mail}\n{body(mail)}" for mail in example.mails).replace(SEPARATOR, "")
    found = set(ADDRESS.findall(text))
    assert len(found) >= len(example.mails)
    assert [address for address in sorted(found) if not OURS.search(address)] == []


def test_every_annotated_quote_stands_in_own_text_of_the_message_it_names(example: Example) -> None:
    quotes = example.quotes()
    assert len(quotes) >= 30
    astray = [q for q in quotes if fold(q["quote"]) not in own_text(example.mail(q["message_id"]))]
    assert astray == []


def test_every_annotated_author_is_the_sender_of_the_message(example: Example) -> None:
    for claim in [*example.gold["proposals"], *example.gold["arguments"]]:
        sender = example.mail(claim["message_id"])["From"].addresses[0]
        assert claim["author"] == sender.display_name


def test_the_annotation_speaks_the_vocabulary_of_the_findings(example: Example) -> None:
    gold = example.gold
    proposals = [p["id"] for p in gold["proposals"]]
    assert len(set(proposals)) == len(proposals)
    for proposal in gold["proposals"]:
        assert proposal["kind"] in set(Kind) and proposal["outcome"] in set(Outcome)
    for at, argument in enumerate(gold["arguments"]):
        assert argument["proposal"] in proposals
        assert argument["stance"] in set(Stance)
        assert (argument["fate"] == Fate.NONE) == (argument["stance"] == Stance.FOR)
        assert argument["answers"] is None or 0 <= argument["answers"] < at
    adopted = [p["id"] for p in gold["proposals"] if p["outcome"] == Outcome.ADOPTED]
    assert adopted == ([gold["decision"]["proposal"]] if gold["decision"] else [])


def test_annotated_call_chains_name_functions_that_the_message_names(example: Example) -> None:
    for path in example.gold["call_paths"]:
        words = set(re.findall(r"\w+", body(example.mail(path["message_id"]))))
        assert {name for chain in path["chains"] for name in chain} <= words


def test_diffstats_count_the_lines_that_the_diffs_change(example: Example) -> None:
    patches = 0
    for mail in example.mails:
        stat = re.search(
            r"^ \d+ files? changed, (\d+) insertions?\(\+\)(?:, (\d+) delet)?", body(mail), re.MULTILINE
        )
        if stat is None:
            continue
        patches += 1
        diff = body(mail)[stat.end() :]
        added = re.findall(r"^\+(?!\+\+ )", diff, re.MULTILINE)
        removed = re.findall(r"^-(?!-- |- $|-$)", diff, re.MULTILINE)
        assert (len(added), len(removed)) == (int(stat[1]), int(stat[2] or 0)), mail["Subject"]
    assert patches >= 2


def test_the_demonstration_holds_what_real_lists_hold() -> None:
    mails = read("unmap-mapping-range").mails
    bodies = [body(mail) for mail in mails]
    every = "\n".join(bodies)
    assert any(re.search(r"^> > > > ", text, re.MULTILINE) for text in bodies), "quotes to depth 4"
    assert re.search(r"^>From ", every, re.MULTILINE), "a body line that begins with From"
    assert any(mail["Content-Transfer-Encoding"] == "quoted-printable" for mail in mails)
    assert any(mail["Content-Type"].params.get("format") == "flowed" for mail in mails)
    assert any(len(re.findall(r"linux-\w+@", str(mail["Cc"]))) == 2 for mail in mails), "a cross-post"
    assert any(not str(mail["From"]).isascii() for mail in mails), "a name outside ASCII"
    roots = [str(mail["Subject"]) for mail in mails if not mail["In-Reply-To"]]
    assert any("[PATCH v2 RESEND]" in subject for subject in roots), "a re-send outside its thread"
    assert len(roots) >= 4
