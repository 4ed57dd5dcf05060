"""The layers of `GET /services` and of a refusal, in this process and without sockets."""

from pathlib import Path

from .profile_drive import asgi, wsgi
from .profile_parts import app_in, edge_of, telemetry_in
from .profiles import hot, layers
from .servers import RAISED


def inbound(directory: Path, count: int) -> None:
    """Print what each layer of a served request costs."""
    plain, full = telemetry_in(directory, encoded=False), telemetry_in(directory, encoded=True)
    app, bare = app_in(directory, full, full.observe, served=True), app_in(directory, None)
    cases = {
        "bare Flask application": wsgi(bare),
        "+ SERVER span": wsgi(app_in(directory, plain)),
        "+ spans of the use case and the database": wsgi(app_in(directory, plain, plain.observe)),
        "+ RequestServed: attributes, histogram, counter, log line": wsgi(
            app_in(directory, plain, plain.observe, served=True)
        ),
        "+ encoding for export": wsgi(app),
        "+ edge and bridge, 50 at once": asgi(edge_of(app, full, RAISED), 200),
    }
    layers(cases, count)
    layers(
        {"bare, behind edge and bridge, 50 at once": asgi(edge_of(bare, None, RAISED), 200)}, count
    )
    hot("the application with every signal", cases["+ encoding for export"], count)
    hot("the loop of edge and bridge", cases["+ edge and bridge, 50 at once"], count)


def refusals(directory: Path, count: int) -> None:
    """Print what a refusal costs at the edge."""
    full = telemetry_in(directory, encoded=True)
    app = app_in(directory, None)
    cases = {
        "429 at the edge, without signals": asgi(edge_of(app, None, "1/hour"), 429),
        "+ span, counter, log line, encoding": asgi(edge_of(app, full, "1/hour"), 429),
    }
    layers(cases, count)
    hot("429 at the edge with every signal", [*cases.values()][1], count)
