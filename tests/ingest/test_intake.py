"""Mail comes in once, in whatever order and portions, with the threads and discussions that it makes."""

import os
import random
import signal
from datetime import UTC, datetime, timedelta

import pytest

from archive.database import open_archive
from archive.discussions import list_discussions, load_discussion
from archive.mail import Origin, RawMail
from archive.mailreader import MailReader, count_messages, defects
from ingest.derivation import discuss, resolve, settle
from ingest.intake import ingest
from ingest.preparing import Preparer, Recipe
from ingest.workers import prepare_all

SEPARATOR = "From mboxrd@z Thu Jan  1 00:00:00 1970\n"


def entry(number, references=(), subject="", body="", message_id=None):
    when = datetime(2011, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    refs = f"References: {' '.join(f'<{r}>' for r in references)}\n" if references else ""
    return (
        f"From: Ada Example <ada{number % 3}@example.org>\n"
        f"Message-ID: <{message_id or f'{number}@example.org'}>\n"
        f"Date: {when:%a, %d %b %Y %H:%M:%S} +0000\nSubject: {subject or f'matter {number}'}\n{refs}\n"
        f"{body or f'The page of mail {number} stays mapped.'}\n"
    )


def forest(seed, size=60):
    """Replies to what came before, to mails that never came, and to several at once."""
    draw = random.Random(seed)
    entries = []
    for n in range(size):
        lost = f"lost{draw.randrange(4)}@example.org"
        known = f"{draw.randrange(n)}@example.org" if n else lost
        references = draw.choice([(), (known,), (lost,), (lost, known), (known, lost)])
        subject = draw.choice(
            ["", "[PATCH] mm: take i_mmap_lock before the page lock", "Re: stalls in unmap"]
        )
        body = f"> The page of mail {known.partition('@')[0]} stays mapped.\n\nNot here, number {n}.\n"
        entries.append(entry(n, references, subject, draw.choice(["", body])))
    return entries


def write(path, entries):
    path.write_text("".join(f"{SEPARATOR}{e}\n" for e in entries))
    return str(path)


def contents(database):
    """What an archive holds, apart from the numbers of its rows and the order in which mail came."""
    settle(database)
    with database.reading() as connection:
        ids = [d.id for d in list_discussions(connection)]
    resolve(database, ids)
    with database.reading() as connection:
        return (
            [load_discussion(connection, key) for key in ids],
            list_discussions(connection),
            sorted(MailReader(connection).messages(), key=lambda m: m.message_id),
        )


@pytest.mark.parametrize("seed", range(4))
def test_the_order_and_the_portions_of_arrival_do_not_matter(tmp_path, seed):
    entries = forest(seed)
    with open_archive(tmp_path / "whole.sqlite") as whole:
        ingest(whole, [write(tmp_path / "whole.mbox", entries)])
        wanted = contents(whole)
    shuffled = random.Random(seed + 100).sample(entries, len(entries))
    with open_archive(tmp_path / "parts.sqlite") as parts:
        for number, at in enumerate(range(0, len(shuffled), 13)):
            ingest(parts, [write(tmp_path / f"{number}.mbox", shuffled[at : at + 13])])
            if number % 2:
                contents(parts)  # what was derived in between must not show later
        assert contents(parts) == wanted


@pytest.mark.parametrize("seed", range(2))
def test_the_archive_has_the_discussions_of_all_mail_taken_together(tmp_path, seed):
    with open_archive(tmp_path / "a.sqlite") as database:
        ingest(database, [write(tmp_path / "a.mbox", forest(seed))])
        stored, _, messages = contents(database)
    archived = [m for m in messages if m.origin is Origin.ARCHIVED]
    together = [derived.discussion for derived in discuss(archived)]
    assert sorted(stored, key=lambda d: d.id) == sorted(together, key=lambda d: d.id)


def test_a_grown_mailbox_adds_what_is_new_and_the_same_again_nothing(tmp_path):
    entries = forest(7)
    with open_archive(tmp_path / "a.sqlite") as database:
        first = ingest(database, [write(tmp_path / "a.mbox", entries[:40])]).total
        grown = ingest(database, [write(tmp_path / "a.mbox", entries)]).total
        again = ingest(database, [str(tmp_path / "a.mbox")]).total
        with database.reading() as connection:
            assert count_messages(connection) == 60
    assert (first.read, first.new) == (40, 40)
    assert (grown.read, grown.new, grown.known) == (60, 20, 40)
    assert (again.read, again.new, again.known, again.defects) == (60, 0, 60, 0)


def test_a_discussion_that_no_mail_came_to_is_not_touched(tmp_path):
    with open_archive(tmp_path / "a.sqlite") as database:
        ingest(database, [write(tmp_path / "a.mbox", [entry(1), entry(500)])])
        contents(database)
        ingest(database, [write(tmp_path / "b.mbox", [entry(2, ("1@example.org",))])])
        settle(database)
        with database.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT messages, resolved FROM discussion ORDER BY started"
            ).all()
    assert [tuple(row) for row in rows] == [(2, 0), (1, 1)]


def test_the_same_id_with_other_words_in_another_batch_is_kept_beside_the_first(tmp_path):
    with open_archive(tmp_path / "a.sqlite") as database:
        for number, body in enumerate(("One thing.", "Another thing.", "One thing.")):
            mail = entry(1, body=body, message_id="same@example.org", subject=f"seen {number}")
            ingest(database, [write(tmp_path / f"{number}.mbox", [mail])])
        with database.reading() as connection:
            ids = [m.message_id for m in MailReader(connection).messages()]
            wrong = [d.kind for d in defects(connection)]
    assert ids == ["same@example.org", "same@example.org#2"]
    assert wrong == ["reused message-id"]


def batches(count, size=5):
    return [
        ([RawMail(entry(n * size + k).encode(), "made", n * size + k) for k in range(size)], n)
        for n in range(count)
    ]


def prepared_here(many):
    prepare = Preparer(Recipe("linux-mm"))
    return [(prepare(mails), tag) for mails, tag in many]


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_processes_prepare_the_same_rows_in_the_same_order(processes, count):
    found = list(prepare_all(batches(count), Recipe("linux-mm"), processes))
    assert found == prepared_here(batches(count))


def test_a_process_that_is_killed_loses_no_mail(monkeypatch):
    from ingest import workers

    started = []
    popen = workers.subprocess.Popen

    def noting(*arguments, **more):
        started.append(popen(*arguments, **more))
        return started[-1]

    monkeypatch.setattr(workers.subprocess, "Popen", noting)
    found = []
    for batch in prepare_all(batches(8), Recipe("linux-mm"), 2):
        if not found:
            os.kill(started[0].pid, signal.SIGKILL)
        found.append(batch)
    assert found == prepared_here(batches(8))
    assert all(child.poll() is not None for child in started)


def test_processes_end_when_the_caller_stops_early():
    running = prepare_all(batches(8), Recipe(), 2)
    next(running)
    running.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
