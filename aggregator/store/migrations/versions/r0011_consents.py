"""What readers agreed to and how, what was asked for on a page, and addresses that are being changed.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("n", Serial, primary_key=True),
        sa.Column("subscriber", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        text("way"),
        text("wording"),
        text("language"),
        sa.Column("wish", Json),
    )
    op.create_index("ix_consents_subscriber", "consents", ["subscriber"])
    op.create_table(
        "asked",
        sa.Column("n", Serial, primary_key=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        text("way"),
        text("wording"),
        text("language"),
        sa.Column("wish", Json),
    )
    op.create_table(
        "moves",
        sa.Column("subscriber", sa.String(length=32), primary_key=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("old_at", sa.BigInteger()),
        sa.Column("new_at", sa.BigInteger()),
    )
