"""Everything a session does, on one page. `make demo` serves it on http://127.0.0.1:5000.

Sessions are kept in files beside this one. Environment variables choose another store:

    FLASK_SESSION_TYPE=redis FLASK_SESSION_REDIS=redis://localhost:6379/0 flask --app app.py run
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from pprint import pformat
from typing import Any, cast

import flask
from flask import Flask, flash, redirect, render_template, request, url_for
from flask_session import (
    ServerSideSession,
    ServerSideSessionInterface,
    Session,
    StoreUnavailable,
)
from werkzeug.wrappers import Response

app = Flask(__name__)
app.config.update(
    SECRET_KEY="for this example only",
    SESSION_TYPE="cachelib",
    SESSION_CACHELIB=str(Path(__file__).with_name("flask_session_files")),
    SESSION_COOKIE_SAMESITE="Lax",
    PERMANENT_SESSION_LIFETIME=timedelta(hours=1),
)
app.config.from_prefixed_env()
Session(app)
session = cast(ServerSideSession, flask.session)  # whose type Flask does not know
interface = cast(ServerSideSessionInterface, app.session_interface)

PRODUCTS = {"apple": Decimal("0.40"), "bread": Decimal("3.20"), "coffee": Decimal("6.90")}


@app.get("/")
def index() -> str:
    cart = session.get("cart", {"items": []})
    return render_template(
        "index.html",
        products=PRODUCTS,
        items=cart["items"],
        total=sum((item["price"] for item in cart["items"]), Decimal(0)),
        cookie=request.cookies.get(app.config["SESSION_COOKIE_NAME"], "").split("."),
        record=stored_record(),
        backend={"cachelib": "files"}.get(app.config["SESSION_TYPE"], app.config["SESSION_TYPE"]),
        store=type(interface.store).__name__,
    )


@app.post("/login")
def log_in() -> Response:
    session.regenerate()  # a new id for new rights, against session fixation
    session["user"] = request.form["name"].strip()[:40] or "somebody"
    session["since"] = datetime.now(timezone.utc)
    flash(f"Welcome, {session['user']}. Your session has a new id.")
    return redirect(url_for("index"))


@app.post("/logout")
def log_out() -> Response:
    session.clear()
    return redirect(url_for("index"))


@app.post("/count")
def count() -> Response:
    session["clicks"] = session.get("clicks", 0) + 1
    return redirect(url_for("index"))


@app.post("/cart")
def put_in_cart() -> Response:
    name = request.form["product"]
    session.setdefault("cart", {"items": []})
    # Deep inside, and no `session.modified = True`: the change is found all the same.
    session["cart"]["items"].append({"name": name, "price": PRODUCTS[name]})
    return redirect(url_for("index"))


@app.post("/cart/empty")
def empty_cart() -> Response:
    session.pop("cart", None)
    return redirect(url_for("index"))


@app.post("/flash")
def flash_message() -> Response:
    flash("This message was in the session for one request.")
    return redirect(url_for("index"))


@app.get("/plain")
def plain() -> str:
    return "This page does not look at the session: no store call, no cookie, no Vary header.\n"


@app.errorhandler(StoreUnavailable)
def store_unavailable(error: StoreUnavailable) -> tuple[str, int]:
    return render_template("unavailable.html", reason=error.reason), 503


def stored_record() -> dict[str, Any] | None:
    """Look behind the session: what the store holds under its id at this moment."""
    if session.new:
        return None
    record = interface.store.load(interface.key_prefix + session.sid)
    if record is None:
        return None
    content = interface.serializer.decode(record.data)
    return {
        "key": interface.key_prefix + session.sid,
        "content": pformat(content, width=60, sort_dicts=False),
        "size": len(record.data),
        "expires": seconds_left(record.expires_at),
    }


def seconds_left(expires_at: float | None) -> str:
    """Say how long a record will live, where the store tells it with the record."""
    if expires_at is None:
        return "the server keeps the time"
    seconds = round(expires_at - datetime.now(timezone.utc).timestamp())
    return f"in {seconds // 60} min {seconds % 60:02} s"
