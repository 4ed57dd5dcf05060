"""The documentation page: the OpenAPI document for people, in one file without scripts."""

import base64
import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from booking.web.problems import KINDS
from booking.web.responses import JSON

Json = Mapping[str, Any]


class Page:
    """The page with the header that keeps everything else out of it."""

    def __init__(self, document: Json, *, base_url: str) -> None:
        files = resources.files("booking.web")
        style = files.joinpath("docs.css").read_text(encoding="utf-8")
        template = files.joinpath("docs.html").read_text(encoding="utf-8")
        page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        page.filters["marked"] = _marked
        self.html = (
            page.from_string(template)
            .render(
                info=document["info"],
                style=style,
                base_url=base_url,
                operations=list(_operations(document, base_url)),
                schemas=[
                    (name, _fields(schema))
                    for name, schema in document["components"]["schemas"].items()
                ],
                kinds=KINDS,
            )
            .encode()
        )
        self.headers = {"Content-Security-Policy": _policy(style), "Referrer-Policy": "no-referrer"}


def _marked(text: str) -> Markup:
    """The text with what stands between backquotes as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _operations(document: Json, base_url: str) -> Iterator[Json]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield {
                **operation,
                "method": method.upper(),
                "path": path,
                "takes": _schema_names(operation.get("requestBody", {})),
                "gives": [
                    (status, response["description"], _schema_names(response))
                    for status, response in operation["responses"].items()
                ],
                "curl": [*_curls(method.upper(), path, operation, base_url)],
            }


def _curls(method: str, path: str, operation: Json, base_url: str) -> Iterator[str]:
    url = base_url.rstrip("/") + path.replace("{confirmation}", "$CONFIRMATION") + _query(operation)
    content = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
    if not content:
        yield f'curl -s "{url}"'
    for example in content.get("examples", {}).values():
        body = shlex.quote(json.dumps(example["value"]))
        yield (
            f'curl -s -X {method} "{url}" \\\n'
            f"  -H 'Content-Type: {JSON}' -H \"Idempotency-Key: $(uuidgen)\" \\\n  -d {body}"
        )


def _query(operation: Json) -> str:
    shown = [p for p in operation["parameters"] if p["in"] == "query" and "example" in p]
    return "?" + "&".join(f"{p['name']}={p['example']}" for p in shown) if shown else ""


def _schema_names(holder: Json) -> Sequence[str]:
    """The names of the schemas that a body or a response refers to."""
    return [
        choice["$ref"].rsplit("/", 1)[1]
        for content in holder.get("content", {}).values()
        for choice in content["schema"].get("oneOf", [content["schema"]])
    ]


def _fields(schema: Json) -> Json:
    required = schema.get("required", ())
    return {
        "about": schema.get("description", ""),
        "rows": [
            {
                "name": name,
                "type": _type(field),
                "required": name in required,
                "about": _about(field),
            }
            for name, field in schema.get("properties", {}).items()
        ],
    }


def _type(field: Json) -> str:
    if "$ref" in field:
        return str(field["$ref"].rsplit("/", 1)[1])
    if "anyOf" in field:
        return " or ".join(_type(choice) for choice in field["anyOf"])
    if "const" in field:
        return json.dumps(field["const"])
    if "enum" in field:
        return " or ".join(json.dumps(choice) for choice in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    return str(field.get("format") or field.get("type", "any"))


def _about(field: Json) -> str:
    example = field.get("examples", [""])[0]
    said = str(field.get("description", ""))
    return f"{said} e.g. {example}".strip() if example and str(example) not in said else said
