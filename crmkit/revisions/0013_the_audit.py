"""The audit"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_REFUSAL = """
    CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit is only ever added to' USING ERRCODE = 'insufficient_privilege';
    END $$
"""
_FORWARD = """
    CREATE FUNCTION audit_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.day <> OLD.day OR NEW.seq <= OLD.seq OR NEW.at <= OLD.at THEN
            RAISE EXCEPTION 'the audit is only ever added to'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
"""
_REFUSED = {
    "audit": "UPDATE OR DELETE OR TRUNCATE",
    "audit_personal": "UPDATE OR TRUNCATE",
    "audit_day": "DELETE OR TRUNCATE",
}


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False, comment="canonical JSON"),
        sa.Column("personal_digest", sa.LargeBinary(), nullable=True),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "seq"),
    )
    op.create_index("uq_audit_at", "audit", ["at"], unique=True)
    op.create_index("ix_audit_act_at", "audit", ["act", "at"], unique=False)
    op.create_index("ix_audit_actor_id_at", "audit", ["actor_id", "at"], unique=False)
    op.create_index("ix_audit_subject_id_at", "audit", ["subject_id", "at"], unique=False)
    op.create_table(
        "audit_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "audit_personal",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="canonical JSON"),
        sa.PrimaryKeyConstraint("day", "seq"),
    )
    op.execute(_REFUSAL)
    op.execute(_FORWARD)
    for table, verbs in _REFUSED.items():
        op.execute(
            f"CREATE TRIGGER {table}_stands BEFORE {verbs} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_stands()"
        )
        rights = verbs.replace(" OR", ",")
        op.execute(f"REVOKE {rights} ON {table} FROM PUBLIC, CURRENT_USER")
    op.execute(
        "CREATE TRIGGER audit_day_goes_forward BEFORE UPDATE ON audit_day "
        "FOR EACH ROW EXECUTE FUNCTION audit_goes_forward()"
    )


def downgrade() -> None:
    op.drop_table("audit_personal")
    op.drop_table("audit_day")
    op.drop_table("audit")
    op.execute("DROP FUNCTION audit_goes_forward()")
    op.execute("DROP FUNCTION audit_stands()")
