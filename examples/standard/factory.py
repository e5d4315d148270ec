"""The same with an application factory: the extension is made first and bound to an app later.

flask --app factory.py run
"""

import os

from flask import Flask, session
from flask_session import Session
from redis import Redis

sessions = Session()


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "replace me"
    app.config["SESSION_TYPE"] = "redis"
    app.config["SESSION_REDIS"] = Redis(
        host=os.environ.get("REDIS_HOST", "localhost"),
        port=int(os.environ.get("REDIS_PORT", "6379")),
        db=0,
    )
    sessions.init_app(app)

    @app.route("/")
    def index():
        session["visits"] = session.get("visits", 0) + 1
        return f"Visit number {session['visits']}"

    return app
