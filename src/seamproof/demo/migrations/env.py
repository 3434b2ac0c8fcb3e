"""Run the migrations against DATABASE_URL."""

from alembic import context
from sqlalchemy import create_engine

from seamproof.demo.service.models import Base
from seamproof.demo.service.settings import DATABASE_URL

with create_engine(DATABASE_URL).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
