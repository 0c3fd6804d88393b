"""Logs of continuing professional development, and the files kept with them.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cpd_activities",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("subscriber", sa.String(length=32), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("meeting", sa.String(length=43), nullable=True),
        sa.Column("record", Json, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_cpd_activities_subscriber", "cpd_activities", ["subscriber", "last_day"], unique=False)
    op.create_index("ix_cpd_activities_meeting", "cpd_activities", ["meeting"], unique=False)
    op.create_table(
        "cpd_evidence",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("activity", sa.String(length=32), nullable=False),
        sa.Column("subscriber", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_cpd_evidence_activity", "cpd_evidence", ["activity"], unique=False)
    op.create_index("ix_cpd_evidence_subscriber", "cpd_evidence", ["subscriber"], unique=False)
    op.create_table(
        "cpd_memberships",
        sa.Column("subscriber", sa.String(length=32), nullable=False),
        sa.Column("scheme", sa.String(length=64), nullable=False),
        sa.Column("started", sa.String(length=10), nullable=True),
        sa.Column("level", sa.Text(), server_default="", nullable=False),
        sa.Column("statement", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subscriber", "scheme"),
    )
