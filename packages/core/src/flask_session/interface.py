"""Flask's session interface: what happens to a session from the first look to the answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from flask.sessions import SessionInterface
from werkzeug.exceptions import HTTPException

from .cleanup import clean_up_about_every
from .cli import register
from .clients import check_app
from .compat.hooks import StorageHooks, store_of
from .compat.identity import IdentityHooks
from .config import CoreSettings, Settings, check_key_prefix, check_lifetimes, signer_mode
from .errors import SessionConflict, SessionTooLarge, StoreUnavailable
from .lifecycle.state import State
from .migration.moving import MovingStore
from .runtime import Runtime, basis_of, build, lifetimes_of
from .serializers import MsgSpecSerializer
from .session import ServerSideSession
from .waiting import offering
from .web.cookies import check_signing, keys_of, values_in
from .web.dispatch import is_answering, is_in_a_socket
from .web.headers import AnswerHeaders
from .web.login import regenerate_at_login
from .web.responses import (
    answer_failure,
    hides_failure,
    keeps_request,
    mark_private,
    moment,
    with_headers,
)
from .web.signers import SignerMode

if TYPE_CHECKING:
    from flask import Flask, Request, Response

    from .store import Clock, Store

InterfaceT = TypeVar("InterfaceT", bound="ServerSideSessionInterface")
FAILURES = (StoreUnavailable, SessionConflict, SessionTooLarge)


class ServerSideSessionInterface(StorageHooks, IdentityHooks, SessionInterface):
    """Keep sessions in a store; subclass it once per backend.

    The positional arguments are those of Flask-Session 0.8. ``use_signer`` may also be ``None``
    (unset) or ``"0.8"``. A subclass passes its ``store``, or overrides the three storage hooks of
    0.8 (``_retrieve_session_data``, ``_upsert_session``, ``_delete_session``).
    """

    session_class: type[ServerSideSession] = ServerSideSession
    settings_class: ClassVar[type[Settings]] = Settings
    serializer: Any = None
    ttl: bool = True
    """Whether the database removes expired records by itself. Nothing here reads this attribute or
    the next: they are for code written for 0.8."""
    has_same_site_capability = True

    def __init__(
        self,
        app: Flask | None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
        cleanup_n_requests: int | None = None,
        *,
        store: Store | None = None,
    ) -> None:
        check_app(type(self), app)
        self.app = app
        config = app.config if app is not None else {}
        self.settings: CoreSettings = CoreSettings.load(config)
        check_lifetimes(config, self.settings)
        self.key_prefix = key_prefix
        self.use_signer: SignerMode = signer_mode("SESSION_USE_SIGNER", use_signer)
        if app is not None and not self.signs_by_itself():
            check_signing(self.use_signer, keys_of(app))
        self.permanent = permanent
        self.sid_length: int = self.checked_length(sid_length)
        self.cleanup_n_requests: int | None = cleanup_n_requests or self.settings.cleanup_n_requests
        if self.serializer is None:
            self.serializer = MsgSpecSerializer(
                format=serialization_format,
                reads_pickle=self.settings.legacy_pickle == "convert",
            )
        self._native_store = store
        self.store: Store = store_of(self, store)
        if self.store is store:
            check_key_prefix("SESSION_KEY_PREFIX", key_prefix)
        self._runtime: Runtime | None = None
        if app is not None:
            self._join(app)

    def _join(self, app: Flask) -> None:
        from .extension import route_to  # it finds backends, which are interfaces

        register(app)
        if self.settings.regenerate_on_login:
            regenerate_at_login(app)  # an ``open_session`` of a subclass may not call ours
        if self.settings.migrate_from is not None:
            self.store = MovingStore(route_to(app, self, self.settings.migrate_from))
        if self.cleanup_n_requests:
            clean_up_about_every(self.cleanup_n_requests, app, self)

    @classmethod
    def from_app(cls: type[InterfaceT], app: Flask) -> InterfaceT:
        """Build the interface from ``app.config``; :class:`~flask_session.Session` calls it."""
        return cls(app, **cls.common_arguments(app))

    @staticmethod
    def common_arguments(app: Flask) -> dict[str, Any]:
        """Answer the five arguments every backend takes, from ``app.config``."""
        settings = CoreSettings.load(app.config)
        return {
            "key_prefix": settings.key_prefix,
            "use_signer": settings.use_signer,
            "permanent": settings.permanent,
            "sid_length": settings.sid_length,
            "serialization_format": settings.serialization_format,
        }

    @property
    def clock(self) -> Clock:
        """The time the sessions live by; set it to skew one worker in a test."""
        return self.store.clock

    @clock.setter
    def clock(self, value: Clock) -> None:
        self.store.clock = value

    # The request's life

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        """Remember the request; nothing is read before somebody looks."""
        session = self.session_class()
        session._attach(partial(self._open, app, request))
        return session

    def _open(self, app: Flask, request: Request, session: ServerSideSession) -> State:
        runtime, lifetimes = self._runtime_of(app), lifetimes_of(self, app)
        session._runtime = runtime
        cookies = runtime.codec.read(values_in(request, self.get_cookie_name(app)))
        try:
            state = runtime.repository.open(cookies, lifetimes)
        except StoreUnavailable as error:
            state = runtime.repository.begin(lifetimes)
            state.failure = error
        if state.found is None and self.permanent:
            state.contents["_permanent"] = True
        session._state = state
        runtime.repository.announce(state)
        return state

    def _runtime_of(self, app: Flask) -> Runtime:
        runtime = self._runtime
        if runtime is None or runtime.basis != basis_of(self, app):
            if self.settings.regenerate_on_login:
                regenerate_at_login(app)  # Flask-Login may have been imported since
            runtime = self._runtime = build(self, app)
        return runtime

    def save_session(  # type: ignore[override]
        self, app: Flask, session: ServerSideSession, response: Response
    ) -> None:
        """Write what the request changed and send the cookie; a failure becomes the answer.

        A session nobody looked at costs nothing. Where the response is a throw-away one (a test's
        ``session_transaction``, Flask-SocketIO) failures are raised instead.
        """
        is_sent = is_answering()
        try:
            if session._state is not None or session._modified or keeps_request(response):
                self._save_looked_at(app, session, with_headers(app, response), is_sent)
        finally:
            session._closed_by = app if is_sent else None

    def _save_looked_at(
        self, app: Flask, session: ServerSideSession, response: Response, is_sent: bool
    ) -> None:
        try:
            if session._is_made_by_hand():
                self._adopt(app, session)
            state = session._look()
            if state.needs_cookie() and is_in_a_socket(is_sent=is_sent):
                state.forgo_cookie()
            state.end_if_deleted()
            self._save(app, session, state, response)
            if state.failure is not None and hides_failure(session, response):
                raise state.failure
        except FAILURES as error:
            if not is_sent:
                raise
            self._fail(app, response, error)

    def _adopt(self, app: Flask, session: ServerSideSession) -> None:
        """Bind what an overridden ``open_session`` made by hand to the record of its id."""
        repository = self._runtime_of(app).repository
        session._bind(repository.adopt(session._look(), lifetimes_of(self, app)))

    def _save(
        self, app: Flask, session: ServerSideSession, state: State, response: Response
    ) -> None:
        runtime = session._runtime or self._runtime_of(app)
        codec, cookie, write = runtime.codec, state.cookie, None
        # The view, or a function before it that had to look, may have set the app's lifetime.
        state.lifetimes = lifetimes_of(self, app)
        wanted = session._modified or (cookie is not None and not codec.is_as_written(cookie))
        if state.contents.is_empty() or self.should_set_storage(app, session):
            allowed = bool(app.config["SESSION_REFRESH_EACH_REQUEST"])
            write = runtime.repository.due(state, wanted=wanted, allowed=allowed)
        if write is None and state.result is None:
            mark_private(response, self.settings.cache_control)
            return
        headers, session._closed_by = AnswerHeaders(self, app, session, response, codec), app
        result = offering(headers.make, write) if write is not None else state.result
        headers.finish(result, wanted)

    def _fail(self, app: Flask, response: Response, error: HTTPException) -> None:
        answer_failure(app, response, error)
        mark_private(response, self.settings.cache_control)

    def get_expiration_time(  # type: ignore[override]
        self, app: Flask, session: ServerSideSession
    ) -> datetime | None:
        """Answer when the cookie expires: with the record, or with the browser's session."""
        if not session.permanent:
            return None
        state, runtime = session._look(), session._runtime or self._runtime_of(app)
        ttl = runtime.repository.records.ttl(state.bookkeeping, state.lifetimes)
        return moment(int(self.clock()) + ttl)

    # Hooks of Flask-Session 0.8, to be overridden

    def should_set_storage(self, app: Flask, session: ServerSideSession) -> bool:
        """Decide whether this request may write to the store; by default it may.

        It is not asked about a session that was emptied, which is deleted.
        """
        return True

    def should_set_cookie(self, app: Flask, session: ServerSideSession) -> bool:  # type: ignore[override]
        """Decide whether a cookie that is due is sent; by default it is."""
        return True
