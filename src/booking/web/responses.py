"""Responses with the headers that every answer has."""

from collections.abc import Mapping

import orjson
from flask import Response
from werkzeug.datastructures import Headers

from booking.service.ports import Reply
from booking.web.problems import Problem
from resilience.context import request_id

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"


class Answer(Response):
    """A response whose headers are complete from the start, so that none is worked out later."""

    def get_wsgi_headers(self, _environ: object) -> Headers:
        """The headers as they were given, with the length of the body."""
        return self.headers


_ALWAYS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


def answer(
    body: bytes,
    status: int = 200,
    *,
    content_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response that nobody may store and no browser may take for something else."""
    response = Answer(body, status, [("Content-Type", content_type), *_ALWAYS])
    if headers:
        response.headers.update(headers)
    return response


def see_other(location: str) -> Response:
    """Send the caller to another path of the API."""
    return answer(b"", 303, content_type="text/plain", headers={"Location": location})


def replied(reply: Reply) -> Response:
    """The answer of a write; a repeated one is the stored bytes and says so."""
    headers = {"Idempotency-Replayed": "true"} if reply.replayed else {}
    if reply.status == 201:
        number = orjson.loads(reply.body)["appointment"]["confirmation_number"]
        headers["Location"] = f"/appointments/{number}"
    return answer(reply.body, reply.status, headers=headers)


def refused(problem: Problem, trace_id: str) -> Response:
    """The answer of a problem, as RFC 9457 describes it."""
    kind = problem.kind
    sentence = f"{problem.detail[:1].upper()}{problem.detail[1:]}."
    document = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": sentence,
        "success": False,
        "error": sentence,
        "request_id": request_id.get(),
        "trace_id": trace_id,
        **problem.extra,
    }
    if problem.fields:
        document["fields"] = [each._asdict() for each in problem.fields]
    return answer(
        orjson.dumps(document), kind.status, content_type=PROBLEM_JSON, headers=problem.headers
    )
