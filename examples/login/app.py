"""Logging in with Flask-Login and a form of Flask-WTF; both keep what they need in the session.

pip install "flask-session[redis]" flask-login flask-wtf && flask --app app.py run
"""

import os

from flask import Flask, redirect, render_template, url_for
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from flask_session import Session
from flask_wtf import FlaskForm
from redis import Redis
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

app = Flask(__name__)
app.config["SECRET_KEY"] = "replace me"
app.config["SESSION_TYPE"] = "redis"
app.config["SESSION_REDIS"] = Redis(
    host=os.environ.get("REDIS_HOST", "localhost"),
    port=int(os.environ.get("REDIS_PORT", "6379")),
    db=0,
)
Session(app)

login_manager = LoginManager(app)
login_manager.login_view = "login"
PASSWORDS = {"alice": "wonderland"}


class User(UserMixin):
    def __init__(self, name):
        self.id = name


@login_manager.user_loader
def load_user(name):
    return User(name) if name in PASSWORDS else None


class LoginForm(FlaskForm):
    name = StringField("Name", [InputRequired()])
    password = PasswordField("Password", [InputRequired()])


@app.route("/login", methods=["GET", "POST"])
def login():
    form = LoginForm()
    if form.validate_on_submit() and PASSWORDS.get(form.name.data) == form.password.data:
        login_user(User(form.name.data))  # the session gets a new id by itself
        return redirect(url_for("index"))
    return render_template("login.html", form=form)


@app.route("/")
@login_required
def index():
    return f"Hello, {current_user.id}"


@app.route("/logout", methods=["POST"])
def logout():
    logout_user()
    return redirect(url_for("login"))
