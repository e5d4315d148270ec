"""With Flask-Login: it looks at the session in every request, and a login renews the id."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Response

from ..site import Site, Visitor
from ..views import View, get, items, nothing, put, sid, user
from .base import MakeSite, SessionSuite, fail_at


class FlaskLogin(SessionSuite):
    """The same promises with Flask-Login installed; skipped where it is not."""

    @pytest.fixture
    def flask_login(self) -> Any:
        """Provide the module."""
        return pytest.importorskip("flask_login", reason="not applicable: no Flask-Login here")

    @pytest.fixture
    def login_site(self, flask_login: Any, site: Site) -> Site:
        """Provide a site with a login manager."""
        return with_login_manager(flask_login, site)

    @pytest.fixture
    def member(self, flask_login: Any, login_site: Site) -> Visitor:
        """Provide a visitor who is logged in by Flask-Login, the calls of that forgotten."""
        return log_in_member(flask_login, login_site)

    def test_a_login_is_remembered(self, flask_login: Any, member: Visitor) -> None:
        assert member.does(member_id(flask_login)) == "alice"

    @pytest.mark.row("A5")
    def test_a_login_by_flask_login_renews_the_id(self, flask_login: Any, login_site: Site) -> None:
        victim = login_site.visitor()
        victim.does(put(cart=[1]))
        attacker = victim.twin()
        victim.does(lambda: flask_login.login_user(member_named(flask_login, "alice")))
        assert attacker.does(items) == {}
        assert victim.does(get("cart")) == [1]

    @pytest.mark.row("A5")
    def test_the_renewal_at_login_can_be_turned_off(
        self, flask_login: Any, make_site: MakeSite
    ) -> None:
        site = with_login_manager(flask_login, make_site(SESSION_REGENERATE_ON_LOGIN=False))
        visitor = site.visitor()
        visitor.does(put(cart=[1]))
        before = visitor.does(sid)
        visitor.does(lambda: flask_login.login_user(member_named(flask_login, "alice")))
        assert visitor.does(sid) == before

    def test_a_log_out_by_flask_login_holds_for_a_stolen_cookie(
        self, flask_login: Any, member: Visitor
    ) -> None:
        thief = member.twin()
        member.does(flask_login.logout_user)
        assert thief.does(lambda: flask_login.current_user.is_authenticated) is False

    @pytest.mark.row("G8")
    @pytest.mark.parametrize(
        ("path", "method"),
        [("/page", "GET"), ("/page", "HEAD"), ("/static/base.py", "GET"), ("/missing", "GET")],
    )
    def test_a_page_that_does_not_look_costs_one_load(
        self, member: Visitor, path: str, method: str
    ) -> None:
        member.visit(path=path, method=method)
        assert member.site.store.verbs == ["load"]

    @pytest.mark.row("H1")
    def test_anonymous_requests_store_nothing_with_flask_login(
        self, flask_login: Any, login_site: Site
    ) -> None:
        looks = [login_site.request(member_id(flask_login)) for _ in range(200)]
        assert login_site.store.calls == []
        assert not any(answer.cookies for answer in looks)

    @pytest.mark.row("H2")
    def test_anonymous_log_outs_store_nothing_with_flask_login(
        self, flask_login: Any, login_site: Site
    ) -> None:
        answers = [login_site.request(flask_login.logout_user) for _ in range(200)]
        assert login_site.store.calls == []
        assert not any(answer.cookies for answer in answers)

    @pytest.mark.row("D3")
    def test_an_outage_on_a_page_that_does_not_look_is_a_503_after_one_call(
        self, member: Visitor
    ) -> None:
        fail_at(member.site, "load")
        assert member.visit(nothing).status == 503
        assert member.site.store.verbs == ["load"]

    @pytest.mark.row("D3")
    def test_an_error_handler_may_use_flask_login_during_an_outage(
        self, flask_login: Any, make_site: MakeSite
    ) -> None:
        site = with_login_manager(flask_login, make_site())
        site.app.register_error_handler(503, lambda error: handled(flask_login))
        member = log_in_member(flask_login, site)
        fail_at(site, "load")
        answer = member.visit(member_id(flask_login))
        assert (answer.status, answer.body, answer.cookies) == (503, b"sorry, stranger", [])
        assert site.store.verbs == ["load"]

    @pytest.mark.row("D3")
    @pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # Flask-Login
    @pytest.mark.parametrize("view", [nothing, user])
    def test_an_outage_is_a_503_where_flask_login_writes_in_each_request(
        self, flask_login: Any, make_site: MakeSite, view: View
    ) -> None:
        site = make_site(REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)
        member = log_in_member(flask_login, with_login_manager(flask_login, site))
        fail_at(site, "load")
        assert (member.visit(view).status, site.store.verbs) == (503, ["load"])

    @pytest.mark.row("D9")
    def test_a_member_is_still_logged_in_after_an_outage(
        self, flask_login: Any, member: Visitor
    ) -> None:
        cookie = member.cookie
        fail_at(member.site, "load")
        member.visit(nothing)
        member.site.store.before = None
        assert member.cookie == cookie
        assert member.does(member_id(flask_login)) == "alice"


def member_named(flask_login: Any, name: str) -> Any:
    """Make a user object."""
    user = flask_login.UserMixin()
    user.id = name
    return user


def member_id(flask_login: Any) -> View:
    """Ask Flask-Login who is there."""

    def view() -> str | None:
        name: str | None = flask_login.current_user.get_id()
        return name

    return view


def with_login_manager(flask_login: Any, site: Site) -> Site:
    """Add Flask-Login to a site that has not served anybody yet."""
    manager = flask_login.LoginManager(site.app)
    manager.user_loader(lambda name: member_named(flask_login, name))
    return site


def log_in_member(flask_login: Any, site: Site) -> Visitor:
    """Log a visitor in by Flask-Login and forget the calls that took."""
    visitor = site.visitor()
    visitor.does(lambda: flask_login.login_user(member_named(flask_login, "alice")))
    site.store.calls.clear()
    return visitor


def handled(flask_login: Any) -> Response:
    """Answer a failure by a page that asks who is there."""
    name = "member" if flask_login.current_user.is_authenticated else "stranger"
    return Response(f"sorry, {name}", 503)
