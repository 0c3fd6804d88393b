"""Rules by full-text index, and corrections of topics by curators.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from aggregator.store.fulltext import refill

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("n", Serial, nullable=False),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("ix_corrections_item", "corrections", ["item"], unique=False)
    op.create_index("ix_item_topics_topic", "item_topics", ["topic"], unique=False)
    op.create_index("ix_items_language", "items", ["language"], unique=False)
    refill(op.get_bind())
