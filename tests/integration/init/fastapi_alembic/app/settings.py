"""What the service is told by its environment."""

import os

DATABASE_URL = os.environ["DATABASE_URL"]
TOKEN_SECRET = os.environ["TOKEN_SECRET"]
TOKEN_MINUTES = int(os.environ.get("TOKEN_MINUTES", "60"))
API_PREFIX = "/api/v1"
