"""Servers in containers: how they start, what can be done to them, what is left of them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import docker
import pytest
import redis
from docker.errors import NotFound
from flask_session_conformance.servers import (
    MissingServerError,
    Server,
    container,
    images,
    start,
    start_group,
)
from flask_session_conformance.servers.engine import LABEL
from flask_session_conformance.servers.kinds import KINDS

SINGLE = tuple(KINDS)


@pytest.fixture
def own_redis() -> Iterator[Server]:
    with start("redis") as server:
        yield server


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def resolve_again() -> Iterator[None]:
    """Forget, before and after, which images this run has chosen."""
    images.resolve.cache_clear()
    yield
    images.resolve.cache_clear()


def answers(server: Server) -> bool:
    with redis.Redis(port=server.port, socket_timeout=0.3) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


@pytest.mark.parametrize("name", SINGLE)
def test_answers_when_started(name: str, server: Callable[[str], Server]) -> None:
    assert server(name).ready()


@pytest.mark.parametrize("name", SINGLE)
def test_the_run_has_one_server_of_a_name(name: str, server: Callable[[str], Server]) -> None:
    assert server(name) is server(name)


def test_listens_on_the_loopback_interface_only(
    own_redis: Server, engine: docker.DockerClient
) -> None:
    ports = engine.containers.get(own_redis.container_id).ports
    published = [binding for bindings in ports.values() for binding in bindings or ()]
    assert published == [{"HostIp": "127.0.0.1", "HostPort": str(own_redis.port)}]


def test_is_labelled_and_limited_in_memory(own_redis: Server, engine: docker.DockerClient) -> None:
    attributes = engine.containers.get(own_redis.container_id).attrs
    assert LABEL in attributes["Config"]["Labels"]
    assert attributes["HostConfig"]["Memory"] == 1024 * 1024 * 1024


def test_stopping_removes_the_container(engine: docker.DockerClient) -> None:
    with start("redis") as server:
        pass
    with pytest.raises(NotFound):
        engine.containers.get(server.container_id)


def test_stopping_twice_is_harmless(own_redis: Server) -> None:
    own_redis.stop()
    own_redis.stop()


def test_a_paused_server_accepts_and_is_silent(own_redis: Server) -> None:
    own_redis.pause()
    with socket.create_connection((own_redis.host, own_redis.port), 0.3) as connection:
        connection.settimeout(0.3)
        connection.sendall(b"PING\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(100)


def test_an_unpaused_server_answers(own_redis: Server) -> None:
    own_redis.pause()
    own_redis.unpause()
    assert answers(own_redis)


def test_a_killed_server_refuses(own_redis: Server) -> None:
    own_redis.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((own_redis.host, own_redis.port), 1)


def test_a_restarted_server_has_the_same_port(own_redis: Server) -> None:
    before = own_redis.url
    own_redis.kill()
    own_redis.restart()
    assert answers(own_redis)
    assert own_redis.url == before


@pytest.mark.parametrize("name", ["redis", "valkey"])
def test_a_durable_server_keeps_what_it_acknowledged_when_killed(name: str) -> None:
    with start(name, durable=True) as server, redis.Redis(port=server.port) as client:
        client.set("key", "value")
        server.kill()
        server.restart()
        assert client.get("key") == b"value"


def test_arguments_reach_the_server() -> None:
    with start("redis", "--maxmemory", "12345678") as server:
        assert "12345678" in server.execute("redis-cli", "config", "get", "maxmemory")


def test_a_memory_file_system_has_its_size() -> None:
    with start("redis", tmpfs={"/small": "size=1m"}) as server:
        assert "1024" in server.execute("df", "-k", "/small")


def test_a_command_that_fails_says_what_it_printed(own_redis: Server) -> None:
    with pytest.raises(RuntimeError, match="No such file"):
        own_redis.execute("ls", "/nowhere")


def test_a_server_that_exits_is_an_error_with_its_last_words() -> None:
    with pytest.raises(MissingServerError, match="Bad directive"):
        start("redis", "--nonsense", "yes")


def test_an_unknown_name_is_an_error_with_the_known_ones() -> None:
    with pytest.raises(MissingServerError, match="redis, valkey, memcached"):
        start("oracle")


@pytest.mark.usefixtures("resolve_again")
def test_an_image_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = images.resolve("redis")
    monkeypatch.setenv("FLASK_SESSION_IMAGE_VALKEY", chosen)
    assert images.resolve("valkey") == chosen


@pytest.mark.usefixtures("resolve_again")
def test_images_can_be_built_without_asking_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_SESSION_IMAGES", "built")
    assert images.resolve("memcached").startswith("flask-session-tests/memcached:")


@pytest.mark.usefixtures("resolve_again")
def test_the_source_of_images_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_SESSION_IMAGES", "bakery")
    with pytest.raises(MissingServerError, match="use registry or built"):
        images.resolve("redis")


@pytest.mark.usefixtures("resolve_again")
def test_a_chosen_image_that_cannot_be_had_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_SESSION_IMAGE_REDIS", "localhost:9/no/such:image")
    with pytest.raises(MissingServerError, match="cannot be pulled"):
        images.resolve("redis")


@pytest.mark.usefixtures("resolve_again")
@pytest.mark.parametrize("image", ["unknown", "known"])
def test_no_engine_is_an_error_that_says_how_to_get_one(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if image == "known":
        images.resolve("redis")
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{container.free_ports(1)[0]}")
    with pytest.raises(MissingServerError, match=r"apt-get install docker\.io"):
        start("redis")


def test_a_port_that_was_taken_in_between_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = iter([[taken.getsockname()[1]]])
        choose = container.free_ports
        monkeypatch.setattr(container, "free_ports", lambda count: next(first, choose(count)))
        with start("redis") as server:
            assert answers(server)


def test_a_ring_works_on_when_one_of_its_servers_is_killed() -> None:
    with start_group("memcached-ring") as ring:
        ring.kill_node("server1")
        assert not ring.node_answers("server1")
        assert ring.node_answers("server2")


def test_a_killed_node_comes_back_on_its_port() -> None:
    with start_group("memcached-ring") as ring:
        ring.kill_node("server1")
        ring.start_node("server1")
        ring.wait_until(lambda: ring.node_answers("server1"))


def test_a_paused_node_is_silent_until_unpaused() -> None:
    with start_group("memcached-ring") as ring:
        ring.pause_node("server1")
        paused = ring.node_answers("server1")
        ring.unpause_node("server1")
        assert (paused, ring.node_answers("server1")) == (False, True)


@pytest.mark.parametrize("name", ["redis-cluster", "redis-sentinel", "mongodb-replicaset"])
def test_a_group_replaces_a_primary_that_is_killed(name: str) -> None:
    with start_group(name) as group:
        before = group.primaries()
        group.kill_node(before[0])
        group.wait_until(lambda: len(group.primaries()) == len(before))
        assert before[0] not in group.primaries()


def test_a_group_comes_back_after_a_restart() -> None:
    with start_group("redis-cluster") as group:
        group.kill()
        group.restart()
        assert group.ready()
