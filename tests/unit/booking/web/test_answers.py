"""The schemas of answers are promises."""

from flask.testing import FlaskClient
from tests.booking_api import BOOKING
from werkzeug.test import TestResponse

from booking.web import answers


def test_answers_are_what_their_schemas_promise(client: FlaskClient) -> None:
    """Every field of every answer is documented, and no documented field is missing."""
    made = client.post("/appointments", json=BOOKING)
    path = made.headers["Location"]
    given: list[tuple[type[answers.Answer], TestResponse]] = [
        (answers.ServicesAnswer, client.get("/services")),
        (answers.AvailabilityAnswer, client.get("/availability?service_id=srv-001&days=2")),
        (answers.DecidedAnswer, made),
        (answers.AppointmentAnswer, client.get(path)),
        (answers.DecidedAnswer, client.patch(path, json={"status": "cancelled"})),
        (answers.HealthAnswer, client.get("/health")),
        (answers.IndexAnswer, client.get("/")),
        (answers.ProblemAnswer, client.post("/appointments", json={})),
        (answers.ProblemAnswer, client.get("/nowhere")),
    ]
    for model, answer in given:
        assert model.model_validate_json(answer.data).model_dump(exclude_unset=True) == (
            answer.get_json()
        )
