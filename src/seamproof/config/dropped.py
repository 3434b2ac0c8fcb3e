"""The variables that no service inherits: each could lead it to a real database.

What a section's `env` sets is set afterwards, so each of them can be given on purpose.
"""

DROPPED = (
    "PG*",
    "POSTGRES_*",
    "POSTGRESQL_*",
    "DATABASE_*",
    "*_DATABASE_URL",
    "*_DATABASE_URI",
    "DB_*",
    "*_DB_URL",
    "*_DSN",
    "DSN",
    "MYSQL_*",
    "MONGO*",
    "REDIS_*",
    "*_REDIS_URL",
    "CELERY_BROKER_URL",
    "CELERY_RESULT_BACKEND",
    "AMQP_URL",
    "RABBITMQ_URL",
)
"""Patterns of names; a star stands for any characters."""
