"""The first schema."""

import sqlalchemy as sa
from alembic import op

FULL_TEXT = """
CREATE VIRTUAL TABLE message_text USING fts5(
    subject, sender, addressed, copied, own, quoted,
    files, functions, before, after, removed, added, context,
    content='', tokenize="unicode61 remove_diacritics 2 tokenchars '_'"
)
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "defect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_defect")),
    )
    with op.batch_alter_table("defect", schema=None) as batch_op:
        batch_op.create_index("ix_defect_message_id", ["message_id"], unique=False)
        batch_op.create_index("ix_defect_source_offset", ["source", "offset"], unique=False)

    op.create_table(
        "dictionary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("data", sa.BLOB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary")),
    )
    op.create_table(
        "discussion",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("threads", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), server_default="[]", nullable=False),
        sa.Column("started", sa.Integer(), nullable=True),
        sa.Column("ended", sa.Integer(), nullable=True),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion")),
    )
    op.create_table(
        "name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("thread", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name")),
        sa.UniqueConstraint("text", name=op.f("uq_name_text")),
    )
    with op.batch_alter_table("name", schema=None) as batch_op:
        batch_op.create_index("ix_name_thread", ["thread"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Integer(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_email", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("date", sa.Integer(), nullable=True),
        sa.Column("zone", sa.Integer(), nullable=True),
        sa.Column("in_reply_to", sa.Text(), server_default="", nullable=False),
        sa.Column("references", sa.Text(), server_default="", nullable=False),
        sa.Column("recipients", sa.Text(), server_default="", nullable=False),
        sa.Column("lists", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("charset", sa.Text(), nullable=True),
        sa.Column("text_start", sa.Integer(), nullable=True),
        sa.Column("body", sa.BLOB(), nullable=True),
        sa.Column("blocks", sa.BLOB(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("thread", sa.Integer(), nullable=False),
        sa.Column("quoted_in", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["name.id"], name=op.f("fk_message_name_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("name", name=op.f("uq_message_name")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_date", ["date"], unique=False)
        batch_op.create_index(
            "ix_message_quoted_in", ["quoted_in"], sqlite_where=sa.text("quoted_in IS NOT NULL")
        )

    op.create_table(
        "span",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_span")),
    )
    op.create_table(
        "thread",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("discussion", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
    )
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.create_index("ix_thread_discussion", ["discussion"], unique=False)

    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "verdict",
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("property", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scenario", "option", "property", name=op.f("pk_verdict")),
    )
    op.create_table(
        "argument",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=True),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=True),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_argument_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", "id", name=op.f("pk_argument")),
    )
    with op.batch_alter_table("argument", schema=None) as batch_op:
        batch_op.create_index("ix_argument_proposal", ["proposal"], unique=False)

    op.create_table(
        "call_path",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("locks", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_call_path_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", "id", name=op.f("pk_call_path")),
    )
    op.create_table(
        "decision",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_decision_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", "ordinal", name=op.f("pk_decision")),
    )
    op.create_table(
        "mention",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_mention_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", "proposal", "ordinal", name=op.f("pk_mention")),
    )
    op.create_table(
        "proposal",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_proposal_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", "id", name=op.f("pk_proposal")),
    )
    op.create_table(
        "raw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.BLOB(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), server_default="mail", nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("dictionary_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.BLOB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dictionary_id"], ["dictionary.id"], name=op.f("fk_raw_dictionary_id_dictionary")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_raw_message_id_message")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_raw_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw")),
        sa.UniqueConstraint("digest", name=op.f("uq_raw_digest")),
    )
    with op.batch_alter_table("raw", schema=None) as batch_op:
        batch_op.create_index("ix_raw_message_id", ["message_id"], unique=False)

    op.create_table(
        "reading",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("reader_version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_reading_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", name=op.f("pk_reading")),
    )
    op.create_table(
        "sighting",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("raw_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw.id"], name=op.f("fk_sighting_raw_id_raw"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_sighting_source_id_source")),
        sa.PrimaryKeyConstraint("source_id", "raw_id", name=op.f("pk_sighting")),
    )
    op.create_table(
        "symptom",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_symptom_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", "id", name=op.f("pk_symptom")),
    )
    op.create_table(
        "target",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("argument", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"],
            ["discussion.id"],
            name=op.f("fk_target_discussion_discussion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("discussion", "argument", "ordinal", name=op.f("pk_target")),
    )
    op.create_table(
        "tie",
        sa.Column("discussion", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion"], ["discussion.id"], name=op.f("fk_tie_discussion_discussion"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("discussion", "ordinal", name=op.f("pk_tie")),
    )
    op.execute(FULL_TEXT)
    # Words are gathered in memory before they go to the file: fewer, larger segments to merge.
    op.execute("INSERT INTO message_text(message_text, rank) VALUES ('hashsize', 16777216)")
