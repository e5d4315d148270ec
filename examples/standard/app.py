"""The example everybody starts from: sessions in Redis, `flask.session` used as ever.

pip install "flask-session[redis]" && flask --app app.py run
"""

import os

from flask import Flask, redirect, request, session, url_for
from flask_session import Session
from redis import Redis

app = Flask(__name__)
app.config["SECRET_KEY"] = "replace me"
app.config["SESSION_TYPE"] = "redis"
app.config["SESSION_PERMANENT"] = False
app.config["SESSION_REDIS"] = Redis(
    host=os.environ.get("REDIS_HOST", "localhost"),
    port=int(os.environ.get("REDIS_PORT", "6379")),
    db=0,
)
Session(app)


@app.route("/")
def index():
    if "username" in session:
        return f"Logged in as {session['username']}"
    return "You are not logged in"


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        session["username"] = request.form["username"]
        return redirect(url_for("index"))
    return """
        <form method="post">
            <p><input type="text" name="username">
            <p><input type="submit" value="Login">
        </form>
    """


@app.route("/logout")
def logout():
    session.pop("username", None)
    return redirect(url_for("index"))
