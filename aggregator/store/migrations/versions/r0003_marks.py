"""Marks by which an item is found among texts that are alike, and the item that later news follows.

Items held before have no marks and are still found by their keys.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_marks",
        sa.Column("mark", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("mark", "item"),
        sqlite_with_rowid=False,
    )
    op.add_column("items", sa.Column("follows", sa.Text(), server_default="", nullable=False))
