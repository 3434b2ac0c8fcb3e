import os

import psycopg
from flask import Flask, jsonify, request, session

app = Flask(__name__)
app.secret_key = os.environ["SESSION_SECRET"]
DATABASE = os.environ["SHOP_DATABASE_URL"]


@app.post("/session")
def sign_in():
    data = request.get_json()
    with psycopg.connect(DATABASE) as db:
        query = "SELECT id FROM users WHERE email = %s AND pass = %s"
        (session["user"],) = db.execute(query, [data["email"], data["passphrase"]]).fetchone()
    return jsonify({})
