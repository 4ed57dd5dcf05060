"""The specification's variables: what each says, and what a wrong value is told."""

import re
from typing import Any

import pytest

from resilience.telemetry.environment import (
    OtlpSettings,
    choose_sampler,
    is_true,
    otlp_settings,
    resource_attributes,
    whole_number,
)

NONE: dict[str, Any] = {
    "protocol": "http/protobuf",
    "endpoint": "http://localhost:4318/v1/traces",
    "headers": {},
    "timeout_s": 10.0,
    "compression": "none",
    "insecure": None,
    "certificate": "",
    "client_key": "",
    "client_certificate": "",
}


@pytest.mark.parametrize(
    ("said", "differs"),
    [
        ({}, {}),
        ({"ENDPOINT": " "}, {}),
        ({"ENDPOINT": "http://c:1"}, {"endpoint": "http://c:1/v1/traces"}),
        ({"ENDPOINT": "https://c/base/"}, {"endpoint": "https://c/base/v1/traces"}),
        ({"TRACES_ENDPOINT": "http://c:1/own"}, {"endpoint": "http://c:1/own"}),
        (
            {"ENDPOINT": "http://c:1", "TRACES_ENDPOINT": "http://d:2/own"},
            {"endpoint": "http://d:2/own"},
        ),
        ({"PROTOCOL": "HTTP/JSON"}, {"protocol": "http/json"}),
        (
            {"PROTOCOL": "http/json", "TRACES_PROTOCOL": "grpc"},
            {"protocol": "grpc", "endpoint": "http://localhost:4317"},
        ),
        (
            {"PROTOCOL": "grpc", "ENDPOINT": "collector:4317"},
            {"protocol": "grpc", "endpoint": "collector:4317"},
        ),
        ({"HEADERS": "a=1, b=x%20y=,"}, {"headers": {"a": "1", "b": "x y="}}),
        ({"HEADERS": "a=1", "TRACES_HEADERS": "b=2"}, {"headers": {"b": "2"}}),
        ({"TIMEOUT": "2500"}, {"timeout_s": 2.5}),
        ({"TIMEOUT": "2500", "TRACES_TIMEOUT": "100"}, {"timeout_s": 0.1}),
        ({"COMPRESSION": "GZIP"}, {"compression": "gzip"}),
        ({"INSECURE": "True"}, {"insecure": True}),
        ({"INSECURE": "no"}, {}),
        (
            {"CERTIFICATE": "/ca", "CLIENT_KEY": "/k", "TRACES_CLIENT_CERTIFICATE": "/c"},
            {"certificate": "/ca", "client_key": "/k", "client_certificate": "/c"},
        ),
    ],
)
def test_otlp_settings(said: dict[str, str], differs: dict[str, Any]) -> None:
    """The variables for traces go before the general ones; blanks are as good as unset."""
    environment = {f"OTEL_EXPORTER_OTLP_{name}": value for name, value in said.items()}
    assert otlp_settings(environment) == OtlpSettings(**{**NONE, **differs})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PROTOCOL", "udp", "'udp', but must be one of grpc, http/protobuf, http/json"),
        ("TRACES_PROTOCOL", "x", "'x', but must be one of grpc, http/protobuf, http/json"),
        ("ENDPOINT", "localhost:4318", "'localhost:4318', but must be a URL such as "),
        ("TRACES_ENDPOINT", "ftp://c", "'ftp://c', but must be a URL such as "),
        ("HEADERS", "token", "'(secret)', but must be pairs such as 'key=value,other=value'"),
        ("TIMEOUT", "10s", "'10s', but must be a whole number of at least 1"),
        ("TRACES_TIMEOUT", "-1", "'-1', but must be a whole number of at least 1"),
        ("COMPRESSION", "zstd", "'zstd', but must be none or gzip"),
    ],
)
def test_a_wrong_otlp_setting_is_named(name: str, value: str, expected: str) -> None:
    """The message names the variable that was set, what it said, and what it may say."""
    variable = f"OTEL_EXPORTER_OTLP_{name}"
    with pytest.raises(ValueError, match=f"^{re.escape(f'{variable} is {expected}')}"):
        otlp_settings({variable: value})


@pytest.mark.parametrize(
    ("said", "description"),
    [
        ("", "ParentBased{root:AlwaysOnSampler"),
        ("always_on", "AlwaysOnSampler"),
        ("ALWAYS_OFF", "AlwaysOffSampler"),
        ("parentbased_always_off", "ParentBased{root:AlwaysOffSampler"),
        ("traceidratio", "TraceIdRatioBased{0.25}"),
        ("parentbased_traceidratio", "ParentBased{root:TraceIdRatioBased{0.25}"),
    ],
)
def test_samplers(said: str, description: str) -> None:
    """Every sampler of the specification is there, with its argument."""
    environment = {"OTEL_TRACES_SAMPLER": said, "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    assert choose_sampler(environment).get_description().startswith(description)


@pytest.mark.parametrize(
    ("said", "argument", "message"),
    [
        (
            "sometimes",
            "",
            "OTEL_TRACES_SAMPLER is 'sometimes', but must be one of always_on, always_off, "
            "parentbased_always_on, parentbased_always_off, traceidratio, parentbased_traceidratio",
        ),
        (
            "traceidratio",
            "half",
            "OTEL_TRACES_SAMPLER_ARG is 'half', but must be a ratio of 0 to 1",
        ),
        ("traceidratio", "2", "OTEL_TRACES_SAMPLER_ARG is '2', but must be a ratio of 0 to 1"),
        ("traceidratio", "nan", "OTEL_TRACES_SAMPLER_ARG is 'nan', but must be a ratio of 0 to 1"),
    ],
)
def test_a_wrong_sampler_is_named(said: str, argument: str, message: str) -> None:
    """A sampler that does not exist is an error at the start, not a warning beside it."""
    with pytest.raises(ValueError) as raised:
        choose_sampler({"OTEL_TRACES_SAMPLER": said, "OTEL_TRACES_SAMPLER_ARG": argument})
    assert str(raised.value) == message


def test_a_ratio_without_an_argument_samples_all() -> None:
    """As the specification has it, the ratio is 1 by default."""
    sampler = choose_sampler({"OTEL_TRACES_SAMPLER": "traceidratio"})
    assert sampler.get_description() == "TraceIdRatioBased{1.0}"


@pytest.mark.parametrize(
    ("attributes", "service", "found"),
    [
        ("", "", {}),
        ("a=1,b=x%2Cy", "", {"a": "1", "b": "x,y"}),
        ("service.name=a,c=d", "", {"service.name": "a", "c": "d"}),
        ("service.name=a,c=d", "b", {"service.name": "b", "c": "d"}),
        ("", "b", {"service.name": "b"}),
    ],
)
def test_resource_attributes(attributes: str, service: str, found: dict[str, str]) -> None:
    """Values are decoded, and the service's own variable goes before the attribute."""
    environment = {"OTEL_RESOURCE_ATTRIBUTES": attributes, "OTEL_SERVICE_NAME": service}
    assert resource_attributes(environment) == found


def test_a_wrong_resource_is_named() -> None:
    """An attribute without a value is refused with the whole variable."""
    with pytest.raises(ValueError) as raised:
        resource_attributes({"OTEL_RESOURCE_ATTRIBUTES": "a=1,b"})
    assert str(raised.value) == (
        "OTEL_RESOURCE_ATTRIBUTES is 'a=1,b', but must be pairs such as 'key=value,other=value'"
    )


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "٣", "1e3", "x", "9" * 16])
def test_a_number_is_whole_and_at_least_one(value: str) -> None:
    """Anything else is refused by name."""
    with pytest.raises(ValueError) as raised:
        whole_number({"A": value}, 7, "A")
    assert str(raised.value) == f"A is {value!r}, but must be a whole number of at least 1"


def test_numbers_and_truths() -> None:
    """The first that is set counts, the default where none is; only true is true."""
    environment = {"A": "", "B": " 12 ", "C": "TRUE", "D": "1"}
    assert (whole_number(environment, 7, "A"), whole_number(environment, 7, "A", "B")) == (7, 12)
    assert [is_true(environment, name) for name in "ABCDE"] == [False, False, True, False, False]
