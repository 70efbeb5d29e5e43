"""merge"""
# class: blind
revision = "l13"
down_revision = ("k11", "2026_k12")


def upgrade():
    pass
