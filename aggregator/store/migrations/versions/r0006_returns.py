"""What came back and was dealt with; letters are found by their Message-ID.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "returns",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("subscriber", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_returns_at", "returns", ["at"], unique=False)
    op.create_index("ix_returns_subscriber", "returns", ["subscriber"], unique=False)
    op.create_index("ix_digests_message_id", "digests", ["message_id"], unique=False)
