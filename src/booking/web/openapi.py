"""The OpenAPI 3.1 document, made from the models that check and promise the API's JSON."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from booking.web.answers import ProblemAnswer
from booking.web.examples import Examples
from booking.web.operations import ANYWHERE, OPERATIONS, Operation
from booking.web.problems import Kind
from booking.web.responses import JSON, PROBLEM_JSON
from booking.web.validation import expectations

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"

_TOO_MANY: Json = {
    "description": "Too many requests; `Retry-After` says when to come back",
    "headers": {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}},
    "content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format(model=ProblemAnswer.__name__)}}},
}
"""Given by what stands in front of the API."""


def openapi(examples: Examples, *, version: str) -> Json:
    """The document; `version` is that of the API."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Appointment booking",
            "version": version,
            "summary": "Look up services and free slots; book, move and cancel appointments.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(examples),
        "components": {"schemas": _schemas()},
    }


def _paths(examples: Examples) -> Json:
    paths: Json = {}
    for operation in OPERATIONS:
        described = _operation(operation, examples)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return paths


def _operation(operation: Operation, examples: Examples) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.about,
        "parameters": [*_path(operation), *_query(operation, examples), *_headers(operation)],
        "responses": _responses(operation),
    }
    if operation.bodies:
        content: Json = {"schema": _any_of(operation.bodies)}
        content["examples"] = {
            model.__name__: {"value": examples.of(model)} for model in operation.bodies
        }
        described["requestBody"] = {"required": True, "content": {JSON: content}}
    return described


def _path(operation: Operation) -> Sequence[Json]:
    if "{confirmation}" not in operation.path:
        return []
    parameter = {"name": "confirmation", "in": "path", "required": True}
    return [{**parameter, "schema": {"type": "string"}, "description": "a confirmation number"}]


def _query(operation: Operation, examples: Examples) -> Sequence[Json]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema()
    required = schema.get("required", [])
    said, shown = expectations(operation.query), examples.of(operation.query)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": said[name],
            "schema": _bare(schema["properties"][name]),
            **({"example": shown[name]} if name in shown else {}),
        }
        for name in schema["properties"]
    ]


def _bare(schema: Json) -> Json:
    """The schema of a parameter that is left out rather than null."""
    kept = schema["anyOf"][0] if "anyOf" in schema else schema
    return {name: kept[name] for name in kept if name not in ("title", "description", "examples")}


def _headers(operation: Operation) -> Sequence[Json]:
    if not operation.takes_key:
        return []
    parameter = {"name": "Idempotency-Key", "in": "header", "required": False}
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [
        {
            **parameter,
            "schema": schema,
            "description": "1 to 255 visible ASCII characters, plain or in double quotes",
        }
    ]


def _responses(operation: Operation) -> Json:
    good = {"schema": _ref(operation.answer)}
    responses: Json = {
        str(operation.status): {"description": operation.summary, "content": {JSON: good}}
    }
    by_status: dict[int, list[Kind]] = {}
    for kind in (*operation.problems, *ANYWHERE):
        by_status.setdefault(kind.status, []).append(kind)
    refusals = {str(status): _refusal(by_status[status]) for status in by_status}
    return {**responses, **dict(sorted({**refusals, "429": _TOO_MANY}.items()))}


def _refusal(kinds: Sequence[Kind]) -> Json:
    return {
        "description": " / ".join(f"{kind.title} (`{kind.uri}`)" for kind in kinds),
        "content": {PROBLEM_JSON: {"schema": _ref(ProblemAnswer)}},
    }


def _any_of(models: Sequence[type[BaseModel]]) -> Json:
    return _ref(models[0]) if len(models) == 1 else {"oneOf": [_ref(model) for model in models]}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas() -> Json:
    models = [ProblemAnswer]
    taken: list[type[BaseModel]] = [*models]
    for operation in OPERATIONS:
        taken += [operation.answer, *operation.bodies]
    _, document = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(taken)], ref_template=_REF
    )
    return dict(document["$defs"])
