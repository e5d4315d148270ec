"""A real browser over HTTPS: what it makes of our cookies, and what it shows after a log-out."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from flask import Flask, redirect, session
from flask_session import Session
from flask_session.memory import MemoryStore
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

NAME = "__Host-session"
PAGE = "<title>page</title><p id=user>{user}</p><a id=out href=/logout>Log out</a>"

OpenBrowser = Callable[..., WebDriver]
StartSite = Callable[..., str]


def make_app(store: MemoryStore, **config: Any) -> Flask:
    app = Flask("browser")
    app.config.update(
        SECRET_KEY="key",
        SESSION_TYPE="memory",
        SESSION_MEMORY=store,
        SESSION_COOKIE_NAME=NAME,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        **config,
    )
    Session(app)

    @app.get("/")
    def page() -> str:
        return PAGE.format(user=session.get("user", "nobody"))

    @app.get("/login")
    def login() -> Any:
        session["user"] = "alice"
        return redirect("/")

    @app.get("/logout")
    def logout() -> Any:
        session.clear()
        return redirect("/bye")

    @app.get("/bye")
    def bye() -> str:
        return "<title>bye</title>"

    return app


@contextmanager
def served(app: Flask, folder: Path) -> Iterator[str]:
    """Serve an app over HTTPS on localhost, under a certificate made for it."""
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        folder / "localhost.pem"
    )
    certificate = str(folder / "localhost.pem")
    server = make_server("localhost", 0, app, threaded=True, ssl_context=(certificate, certificate))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def start_site(tmp_path: Path) -> Iterator[StartSite]:
    """Provide sites over HTTPS; the keyword arguments are settings."""
    stack: list[Any] = []

    def start(**config: Any) -> str:
        context = served(make_app(MemoryStore(), **config), tmp_path)
        address = context.__enter__()
        stack.append(context)
        return address

    yield start
    for context in stack:
        context.__exit__(None, None, None)


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[OpenBrowser]:
    """Provide Chromium; opening it again finds the profile of the last time."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and driver):
        pytest.skip("no browser: Chromium and chromedriver are not installed")
    opened: list[WebDriver] = []

    def start(*flags: str) -> WebDriver:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for argument in (
            *("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"),
            *("disable-background-networking", "disable-component-update", "disable-sync"),
            *("ignore-certificate-errors", f"user-data-dir={tmp_path / 'profile'}"),
            *flags,
        ):
            options.add_argument(f"--{argument}")
        opened.append(webdriver.Chrome(options, webdriver.ChromeService(driver)))
        return opened[-1]

    yield start
    for each in opened:
        each.quit()


def user(browser: WebDriver) -> str:
    """Answer who the page greets. On a busy machine a page is shown later than it is loaded."""
    wait = WebDriverWait(browser, 10, ignored_exceptions=[WebDriverException])
    return wait.until(lambda driver: driver.find_element(By.ID, "user").text)


def cookie(browser: WebDriver) -> dict[str, Any] | None:
    """Answer our cookie as the browser keeps it, with everything that it knows about it."""
    found = browser.execute_cdp_cmd("Storage.getCookies", {})["cookies"]
    return next((each for each in found if each["name"] == NAME), None)


@pytest.mark.row("G5")
def test_the_browser_keeps_a_host_cookie_with_all_attributes(
    start_site: StartSite, open_browser: OpenBrowser
) -> None:
    browser, site = open_browser(), start_site()
    browser.get(f"{site}/login")
    assert user(browser) == "alice"
    kept = cookie(browser)
    assert kept is not None
    assert (kept["secure"], kept["httpOnly"], kept["sameSite"]) == (True, True, "Lax")
    assert (kept["domain"], kept["path"], kept["session"]) == ("localhost", "/", False)
    assert browser.execute_script("return document.cookie") == ""


@pytest.mark.row("G5")
def test_the_browser_partitions_a_partitioned_cookie(
    start_site: StartSite, open_browser: OpenBrowser
) -> None:
    browser, site = open_browser(), start_site(SESSION_COOKIE_PARTITIONED=True)
    browser.get(f"{site}/login")
    assert user(browser) == "alice"
    kept = cookie(browser)
    assert kept is not None
    assert kept["partitionKey"]["topLevelSite"] == "https://localhost"
    browser.get(f"{site}/logout")
    assert cookie(browser) is None


def test_a_log_out_removes_the_cookie(start_site: StartSite, open_browser: OpenBrowser) -> None:
    browser, site = open_browser(), start_site()
    browser.get(f"{site}/login")
    assert user(browser) == "alice"
    browser.find_element(By.ID, "out").click()
    WebDriverWait(browser, 10).until(lambda driver: driver.title == "bye")
    assert cookie(browser) is None
    browser.get(site)
    assert user(browser) == "nobody"


@pytest.mark.parametrize(("permanent", "expected"), [(True, "alice"), (False, "nobody")])
def test_only_a_permanent_session_outlives_the_browser(
    start_site: StartSite, open_browser: OpenBrowser, permanent: bool, expected: str
) -> None:
    browser, site = open_browser(), start_site(SESSION_PERMANENT=permanent)
    browser.get(f"{site}/login")
    assert user(browser) == "alice"
    browser.quit()
    browser = open_browser()
    browser.get(site)
    assert user(browser) == expected


def test_two_tabs_share_a_session_and_its_end(
    start_site: StartSite, open_browser: OpenBrowser
) -> None:
    browser, site = open_browser(), start_site()
    browser.get(f"{site}/login")
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    browser.get(site)
    assert user(browser) == "alice"
    browser.get(f"{site}/logout")
    browser.switch_to.window(first)
    browser.refresh()
    assert user(browser) == "nobody"


def log_out_and_go_back(browser: WebDriver, site: str) -> None:
    browser.get(f"{site}/login")
    browser.find_element(By.ID, "out").click()
    WebDriverWait(browser, 10).until(lambda driver: driver.title == "bye")
    browser.back()
    WebDriverWait(browser, 10).until(lambda driver: driver.title == "page")


NO_FROZEN_PAGES = "disable-features=BackForwardCache"
RELOAD = "<script>addEventListener('pageshow', e => e.persisted && location.reload())</script>"


def test_the_back_button_shows_nothing_private_after_a_log_out(
    start_site: StartSite, open_browser: OpenBrowser
) -> None:
    browser = open_browser(NO_FROZEN_PAGES)
    log_out_and_go_back(browser, start_site())
    assert user(browser) == "nobody"


def test_a_page_that_chromium_has_frozen_reloads_with_the_script_of_the_security_page(
    start_site: StartSite, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chromium keeps the live page itself, which no header prevents and no log-out ends."""
    monkeypatch.setitem(globals(), "PAGE", PAGE + RELOAD)
    browser = open_browser()
    log_out_and_go_back(browser, start_site())
    WebDriverWait(browser, 10, ignored_exceptions=[WebDriverException]).until(
        lambda driver: user(driver) == "nobody"
    )
