"""What was sent is kept as it was told, so that an issue can be cited and read again.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "issues",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("subscriber", sa.String(32), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("sums", json),
    )
    op.create_index("ix_issues_subscriber_made_at", "issues", ["subscriber", "made_at"])
    op.create_table(
        "issue_texts",
        sa.Column("hash", sa.String(32), primary_key=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("lasting", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_issue_texts_used_at", "issue_texts", ["used_at"])
    op.create_table(
        "feed_keys",
        sa.Column("subscriber", sa.String(32), primary_key=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), unique=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
    )
    dated = sa.text("occasion IS NOT NULL")
    op.create_index("ix_items_dated", "items", ["first_seen_at"], sqlite_where=dated, postgresql_where=dated)
