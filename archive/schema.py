"""The tables of an archive. `archive/migrations` holds how each version came from the one before.

Three kinds of rows: what was received (source, raw, message, defect) is never changed by a later run;
what is derived from it (thread, discussion, quoted messages) is rewritten as more mail arrives; what was
found (findings, ties, verdicts) belongs to one discussion and one version of the reader.
"""

from sqlalchemy import (
    BLOB,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# What was received ---------------------------------------------------------------------------------------

source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("position", Text, nullable=False, server_default="", doc="where reading goes on"),
)

dictionary = Table(
    "dictionary",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("data", BLOB, nullable=False, doc="zstd dictionary trained on the first mails"),
)

name = Table(
    "name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True, doc="a bare Message-ID, of a mail at hand or not"),
    Column("thread", Integer, nullable=False, doc="name.id of the root of the thread it belongs to"),
    Index("ix_name_thread", "thread"),
    comment="Message-IDs are long and repeated in every reference: everything else holds their numbers.",
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True, doc="rises with arrival; also the rowid of its full text"),
    Column("name", ForeignKey(name.c.id), nullable=False, unique=True),
    Column("author_name", Text, nullable=False),
    Column("author_email", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("date", Integer, nullable=True, doc="seconds since the epoch"),
    Column("zone", Integer, nullable=True, doc="minutes east of UTC"),
    Column("in_reply_to", Text, nullable=False, server_default="", doc="name.id, blank separated"),
    Column("references", Text, nullable=False, server_default="", doc="name.id, blank separated"),
    Column("recipients", Text, nullable=False, server_default="", doc="to and cc; see archive.packing"),
    Column("lists", Text, nullable=False, server_default="", doc="blank separated"),
    Column("url", Text, nullable=True),
    Column("charset", Text, nullable=True, doc="of the body, where the text is a slice of the raw mail"),
    Column("text_start", Integer, nullable=True),
    Column("body", BLOB, nullable=True, doc="zstd of the text, where it is not such a slice"),
    Column("blocks", BLOB, nullable=False, doc="see archive.packing"),
    Column("parent", Integer, nullable=True, doc="name.id"),
    Column(
        "thread", Integer, nullable=False, doc="name.id of the root, a mail read back from quotes included"
    ),
    Column("quoted_in", Text, nullable=True, doc="the discussion that it was read back from; else null"),
    Index("ix_message_date", "date"),
)
Index("ix_message_quoted_in", message.c.quoted_in, sqlite_where=message.c.quoted_in.is_not(None))

raw = Table(
    "raw",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", BLOB, nullable=False, unique=True, doc="first 16 bytes of SHA-256 of the bytes"),
    Column("source_id", ForeignKey(source.c.id), nullable=False),
    Column("offset", Integer, nullable=False),
    Column("form", Text, nullable=False, server_default="mail"),
    Column("message_id", ForeignKey("message.id"), nullable=True, doc="null: set aside"),
    Column("dictionary_id", ForeignKey(dictionary.c.id), nullable=True),
    Column("data", BLOB, nullable=False, doc="zstd"),
    Index("ix_raw_message_id", "message_id"),
)

span = Table(
    "span",
    metadata,
    Column("id", Integer, primary_key=True, doc="message.id divided by archive.spans.WIDTH"),
    Column("newest", Integer, nullable=False, doc="the latest date among these messages"),
    comment="Lets a search find the newest mails of a common word without looking at all of them.",
)

sighting = Table(
    "sighting",
    metadata,
    Column("source_id", ForeignKey(source.c.id), nullable=False),
    Column("raw_id", ForeignKey(raw.c.id, ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("source_id", "raw_id"),
    comment="Mails of a source that the archive already had from another one.",
)

defect = Table(
    "defect",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("offset", Integer, nullable=True),
    Column("message_id", Text, nullable=True),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_defect_message_id", "message_id"),
    Index("ix_defect_source_offset", "source", "offset"),
)

# What is derived from it ---------------------------------------------------------------------------------

thread = Table(
    "thread",
    metadata,
    Column("id", Integer, primary_key=True, doc="name.id of its root"),
    Column("discussion", Text, nullable=True, doc="null: mail came since threads were last brought together"),
    Index("ix_thread_discussion", "discussion"),
)

discussion = Table(
    "discussion",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("threads", Text, nullable=False, doc="JSON: root message ids, oldest first"),
    Column("reasons", Text, nullable=False, server_default="[]", doc="JSON: why the threads are one matter"),
    Column("started", Integer, nullable=True),
    Column("ended", Integer, nullable=True),
    Column("messages", Integer, nullable=False),
    Column("resolved", Boolean, nullable=False, server_default="0", doc="whether its quotes are"),
)

# What was found ------------------------------------------------------------------------------------------


def _in_discussion() -> Column[str]:
    return Column("discussion", ForeignKey(discussion.c.id, ondelete="CASCADE"), nullable=False)


def _anchor() -> tuple[Column[str], Column[int], Column[int], Column[str]]:
    return (
        Column("message_id", Text, nullable=False),
        Column("start", Integer, nullable=False),
        Column("end", Integer, nullable=False),
        Column("quote", Text, nullable=False),
    )


reading = Table(
    "reading",
    metadata,
    Column("discussion", ForeignKey(discussion.c.id, ondelete="CASCADE"), primary_key=True),
    Column("reader_version", Text, nullable=False),
    Column("digest", Text, nullable=False),
)

symptom = Table(
    "symptom",
    metadata,
    _in_discussion(),
    Column("id", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    *_anchor(),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("discussion", "id"),
)

proposal = Table(
    "proposal",
    metadata,
    _in_discussion(),
    Column("id", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("discussion", "id"),
)

mention = Table(
    "mention",
    metadata,
    _in_discussion(),
    Column("proposal", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    *_anchor(),
    PrimaryKeyConstraint("discussion", "proposal", "ordinal"),
)

argument = Table(
    "argument",
    metadata,
    _in_discussion(),
    Column("id", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("proposal", Text, nullable=True),
    Column("stance", Text, nullable=False),
    Column("author", Text, nullable=False),
    *_anchor(),
    Column("confidence", Float, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("answers", Text, nullable=True),
    Column("fate", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("discussion", "id"),
    Index("ix_argument_proposal", "proposal"),
)

target = Table(
    "target",
    metadata,
    _in_discussion(),
    Column("argument", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    PrimaryKeyConstraint("discussion", "argument", "ordinal"),
)

call_path = Table(
    "call_path",
    metadata,
    _in_discussion(),
    Column("id", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    *_anchor(),
    Column("chain", Text, nullable=False, doc="JSON: names, outermost first"),
    Column("locks", Text, nullable=False, doc="JSON: [lock, function or null]"),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("discussion", "id"),
)

decision = Table(
    "decision",
    metadata,
    _in_discussion(),
    Column("ordinal", Integer, nullable=False),
    Column("proposal", Text, nullable=False),
    *_anchor(),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("discussion", "ordinal"),
)

tie = Table(
    "tie",
    metadata,
    _in_discussion(),
    Column("ordinal", Integer, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("option", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("origin", Text, nullable=False),
    Column("why", Text, nullable=False, doc="JSON: finding ids"),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("discussion", "ordinal"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("scenario", Text, nullable=False),
    Column("option", Text, nullable=False),
    Column("property", Text, nullable=False),
    Column("digest", Text, nullable=False, doc="of the scenario's source and bounds"),
    Column("result", Text, nullable=False),
    Column("record", Text, nullable=False, doc="JSON: the rest of archive.findings.Verdict"),
    PrimaryKeyConstraint("scenario", "option", "property"),
)

# What a person said about it -------------------------------------------------------------------------------

amendment = Table(
    "amendment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("discussion", Text, nullable=False, doc="kept when the discussion is found anew: no foreign key"),
    Column("record", Text, nullable=False, doc="JSON: archive.amendments.Amendment"),
    Index("ix_amendment_discussion", "discussion"),
)

# Full text: `message_text` is a contentless FTS5 table, which SQLAlchemy has no type for. Its rowid is
# message.id; the migrations make it, archive.fulltext fills it, archive.search reads it.
FULL_TEXT_COLUMNS = (
    *("subject", "sender", "addressed", "copied", "own", "quoted"),
    *("files", "functions", "before", "after", "removed", "added", "context"),
)
