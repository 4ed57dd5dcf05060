"""The WSGI environ of an ASGI request."""

import io
import sys
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from resilience.bridge.call import Call

_FIXED: dict[str, Any] = {
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
# The body arrives whole, so its framing is told anew; no upgrade is on offer; `Proxy` would
# become HTTP_PROXY, which programs take for a setting.
_NEVER_TOLD = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"proxy"})
_DEFAULT_PORT = {"http": 80, "https": 443}


@lru_cache(maxsize=512)
def environ_name(name: bytes) -> str:
    """The environ key of a header; "" for one that must not be told.

    A name with an underscore would be taken for the one with a hyphen, so it is dropped.
    """
    if b"_" in name or name in _NEVER_TOLD:
        return ""
    if name == b"content-type":
        return "CONTENT_TYPE"
    return "HTTP_" + name.decode("latin-1").upper().replace("-", "_")


def build_environ(call: Call) -> dict[str, Any]:
    """The environ of PEP 3333, with REQUEST_URI and RAW_URI, for a request read to its end."""
    scope = call.scope
    environ = _FIXED | _address(scope) | _target(scope)
    environ["wsgi.errors"] = sys.stderr
    environ["wsgi.input"] = io.BytesIO(call.body)
    environ["wsgi.url_scheme"] = scope.get("scheme", "http")
    if call.body:
        environ["CONTENT_LENGTH"] = str(len(call.body))
    _add_headers(environ, call)
    environ.update(call.extra)
    return environ


def _address(scope: Any) -> dict[str, Any]:
    host, port = scope.get("server") or ("localhost", None)
    peer, peer_port = scope.get("client") or ("", 0)
    return {
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or _DEFAULT_PORT.get(scope.get("scheme", "http"), 80)),
        "REMOTE_ADDR": peer,
        "REMOTE_PORT": str(peer_port),
    }


def _target(scope: Any) -> dict[str, Any]:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    root = scope.get("root_path", "").encode().decode("latin-1")
    path = (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    uri = raw.decode("latin-1") + ("?" + query if query else "")
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": path.removeprefix(root),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/" + scope["http_version"],
        "REQUEST_URI": uri,
        "RAW_URI": uri,
    }


def _add_headers(environ: dict[str, Any], call: Call) -> None:
    hidden = call.hidden
    for name, value in call.scope["headers"]:
        key = environ_name(name)
        if not key or name in hidden:
            continue
        text = value.decode("latin-1")
        if key in environ:
            joint = "; " if key == "HTTP_COOKIE" else ","
            text = environ[key] + joint + text
        environ[key] = text
