"""usage indexes"""

from alembic import op

revision = "0c4f6d2b81aa"
down_revision = "a91c03de57f4"


def upgrade():
    op.create_index("idx_module_usage_logs_timestamp", "module_usage_logs", ["timestamp"])
    op.create_index("idx_module_usage_logs_organisation", "module_usage_logs", ["organisation_id"])


def downgrade():
    op.drop_index("idx_module_usage_logs_organisation", "module_usage_logs")
    op.drop_index("idx_module_usage_logs_timestamp", "module_usage_logs")
