"""Long answers, and clients that do not take them."""

from tests.edge_stand import http, stand


def test_a_long_answer_arrives_whole_and_the_connection_goes_on() -> None:
    """Ten megabytes in chunks, then another request."""
    with stand() as server, server.connect() as connection:
        long = connection.ask(http("GET /stream/1000"))
        after = connection.ask(http("GET /services"))

    assert (long.headers["Transfer-Encoding"], len(long.body)) == ("chunked", 10_000_000)
    assert after.json() == {"total": 3}


def test_a_client_that_leaves_frees_its_worker() -> None:
    """The generator is closed long before its end, and the only thread serves the next."""
    with stand(threads=1) as server:
        with server.connect() as connection:
            connection.send(http("GET /stream/1000000"))
            assert connection.readable(5)
        assert server.release.wait(5)
        assert server.get("/services").status == 200


def test_a_client_that_never_reads_is_cut_off() -> None:
    """It may keep its connection and a thread for as long as a body may take, no longer."""
    with stand(threads=1, body_timeout_s=0.2) as server, server.connect() as connection:
        connection.send(http("GET /stream/1000000"))
        assert server.release.wait(5)
        assert server.get("/services").status == 200
