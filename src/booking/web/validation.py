"""Checks a document against a model; its errors say what is expected and repeat no value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from booking.web.problems import INVALID_FIELDS, FieldError, Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
MAX_FIELD_ERRORS = 20


def validated(model: type[Model], document: object) -> Model:
    """The document as a model; raises Problem with every field that is wrong."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    raise invalid(*(_field_error(model, each) for each in found[:MAX_FIELD_ERRORS]))


def invalid(*errors: FieldError) -> Problem:
    """The problem that lists these fields, each once."""
    listed = list(dict.fromkeys(errors))
    sentence = "; ".join(f"{each.field} {each.error}" for each in listed)
    return Problem(INVALID_FIELDS, f"the request is not valid: {sentence}", fields=listed)


def _field_error(model: type[BaseModel], found: "ErrorDetails") -> FieldError:
    place, kind = found["loc"], found["type"]
    if not place:
        return FieldError("body", f"is not an object; expected one with {_fields_of(model)}")
    if kind == "extra_forbidden":
        owner = _owner(model, place)
        inside = ".".join(map(str, place[:-1])) or "request"
        return FieldError(inside, f"has a field that is not known; expected {_fields_of(owner)}")
    wrong = "is missing" if kind == "missing" else "is not valid"
    return FieldError(".".join(map(str, place)), f"{wrong}; expected {_expected(model, place)}")


def _owner(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """The model in which the last part of the place would be a field."""
    for part in place[:-1]:
        inner = model.model_fields[str(part)].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return model


def _expected(model: type[BaseModel], place: tuple[int | str, ...]) -> str:
    return expectations(_owner(model, place))[str(place[-1])]


def expectations(model: type[BaseModel]) -> Mapping[str, str]:
    """What each field of a model must be, as its description says."""
    return {name: field.description or "a value" for name, field in model.model_fields.items()}


def _fields_of(model: type[BaseModel]) -> str:
    *most, last = model.model_fields
    return f"{', '.join(most)} and {last}" if most else last
