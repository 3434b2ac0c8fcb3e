from fastapi import FastAPI
from sqlalchemy import text

from app.database import Database
from app.routers import auth, books
from app.settings import API_PREFIX

app = FastAPI(title="Library")
app.include_router(auth.router, prefix=API_PREFIX)
app.include_router(books.router, prefix=API_PREFIX)


@app.get("/health")
def health(database: Database) -> dict[str, int]:
    return {"database": database.scalar(text("SELECT 1"))}
