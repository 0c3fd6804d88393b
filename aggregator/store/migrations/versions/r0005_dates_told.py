"""What readers were told of dates, when dates changed and enrolment opens, and how old a source's news is.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("items", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("items", sa.Column("dates_changed_at", sa.BigInteger(), nullable=True))
    op.add_column("items", sa.Column("news_at", sa.BigInteger(), nullable=True))
    op.add_column("digest_items", sa.Column("told", Json, nullable=True))
    op.add_column("sources", sa.Column("newest_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_items_dates_changed_at"), "items", ["dates_changed_at"], unique=False)
    op.create_index(op.f("ix_items_news_at"), "items", ["news_at"], unique=False)
    # Letters of before carried the dates that are held now, as far as anybody can know: what changes from here
    # on is told to their readers too. A feed that is frozen is never read again, so its age comes from its items.
    op.execute(
        "UPDATE digest_items SET told = (SELECT occasion FROM items WHERE items.id = digest_items.item) "
        "WHERE item IN (SELECT id FROM items WHERE occasion IS NOT NULL)"
    )
    op.execute(
        "UPDATE sources SET newest_at = (SELECT max(published_at) FROM items WHERE items.source = sources.id)"
    )
