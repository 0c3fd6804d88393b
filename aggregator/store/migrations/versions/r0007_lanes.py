"""Letters that somebody waits for overtake the others.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("digests", sa.Column("lane", sa.SmallInteger(), server_default="0", nullable=False))
    urgent = sa.text("lane > 0")
    op.create_index("ix_digests_lane", "digests", ["state", "lane"], sqlite_where=urgent, postgresql_where=urgent)
