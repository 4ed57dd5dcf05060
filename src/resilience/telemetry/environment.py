"""What the `OTEL_*` variables of the specification say, read from a mapping and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from opentelemetry.sdk.trace import sampling
from opentelemetry.sdk.trace.sampling import Sampler

from resilience.options import require

Environment = Mapping[str, str]

_SAMPLERS = {
    "always_on": sampling.ALWAYS_ON,
    "always_off": sampling.ALWAYS_OFF,
    "parentbased_always_on": sampling.DEFAULT_ON,
    "parentbased_always_off": sampling.DEFAULT_OFF,
}
_RATIO_SAMPLERS = {
    "traceidratio": sampling.TraceIdRatioBased,
    "parentbased_traceidratio": sampling.ParentBasedTraceIdRatio,
}
PROTOCOLS = ("grpc", "http/protobuf", "http/json")


@dataclass(frozen=True, kw_only=True, slots=True)
class OtlpSettings:
    """Where and how spans are exported; "" and None leave a choice to the exporter."""

    protocol: str
    endpoint: str
    headers: Mapping[str, str]
    timeout_s: float
    compression: str
    insecure: bool | None
    certificate: str
    client_key: str
    client_certificate: str


def text(environment: Environment, *names: str) -> tuple[str, str]:
    """The first variable that is set to more than blanks, and its value; else the first and ""."""
    for name in names:
        if value := environment.get(name, "").strip():
            return name, value
    return names[0], ""


def whole_number(environment: Environment, default: int, *names: str) -> int:
    """A whole number of at least 1; raises ValueError for anything else."""
    name, value = text(environment, *names)
    if not value:
        return default
    right = value.isascii() and value.isdigit() and len(value) < 16 and int(value) >= 1
    require(right, name, value, "a whole number of at least 1")
    return int(value)


def is_true(environment: Environment, name: str) -> bool:
    """Whether a variable says true, in any case; everything else is false."""
    return text(environment, name)[1].lower() == "true"


def choose_sampler(environment: Environment) -> Sampler:
    """The sampler that `OTEL_TRACES_SAMPLER` names; parentbased_always_on by default."""
    name, value = text(environment, "OTEL_TRACES_SAMPLER")
    kind = value.lower() or "parentbased_always_on"
    known = ", ".join([*_SAMPLERS, *_RATIO_SAMPLERS])
    require(kind in _SAMPLERS or kind in _RATIO_SAMPLERS, name, value, f"one of {known}")
    return _SAMPLERS[kind] if kind in _SAMPLERS else _RATIO_SAMPLERS[kind](_ratio(environment))


def resource_attributes(environment: Environment) -> dict[str, str]:
    """`OTEL_RESOURCE_ATTRIBUTES`, in which `OTEL_SERVICE_NAME` takes precedence."""
    found = _pairs(environment, "OTEL_RESOURCE_ATTRIBUTES")
    _, service = text(environment, "OTEL_SERVICE_NAME")
    return {**found, "service.name": service} if service else found


def otlp_settings(environment: Environment) -> OtlpSettings:
    """`OTEL_EXPORTER_OTLP_*`, where the names with `TRACES_` take precedence.

    As the specification has it, the timeout is in milliseconds (10000). Raises ValueError.
    """
    name, value = text(environment, *_both("PROTOCOL"))
    protocol = value.lower() or "http/protobuf"
    require(protocol in PROTOCOLS, name, value, f"one of {', '.join(PROTOCOLS)}")
    return OtlpSettings(
        protocol=protocol,
        endpoint=_endpoint(environment, protocol),
        headers=_pairs(environment, *_both("HEADERS"), secret=True),
        timeout_s=whole_number(environment, 10_000, *_both("TIMEOUT")) / 1000,
        compression=_compression(environment),
        insecure=is_true(environment, text(environment, *_both("INSECURE"))[0]) or None,
        certificate=text(environment, *_both("CERTIFICATE"))[1],
        client_key=text(environment, *_both("CLIENT_KEY"))[1],
        client_certificate=text(environment, *_both("CLIENT_CERTIFICATE"))[1],
    )


def _both(name: str) -> tuple[str, str]:
    return f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}"


def _ratio(environment: Environment) -> float:
    name, value = text(environment, "OTEL_TRACES_SAMPLER_ARG")
    try:
        ratio = float(value or "1")
    except ValueError:
        ratio = -1.0
    require(0 <= ratio <= 1, name, value, "a ratio of 0 to 1")
    return ratio


def _endpoint(environment: Environment, protocol: str) -> str:
    own, general = _both("ENDPOINT")
    name, value = text(environment, own, general)
    if protocol == "grpc":
        return value or "http://localhost:4317"
    value = value or "http://localhost:4318"
    right = urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).netloc)
    require(right, name, value, "a URL such as 'http://localhost:4318'")
    return value if name == own and text(environment, own)[1] else f"{value.rstrip('/')}/v1/traces"


def _compression(environment: Environment) -> str:
    name, value = text(environment, *_both("COMPRESSION"))
    require(value.lower() in ("", "none", "gzip"), name, value, "none or gzip")
    return value.lower() or "none"


def _pairs(environment: Environment, *names: str, secret: bool = False) -> dict[str, str]:
    name, value = text(environment, *names)
    found = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        key, equals, held = item.partition("=")
        shown = "(secret)" if secret else value
        require(bool(key.strip() and equals), name, shown, "pairs such as 'key=value,other=value'")
        found[unquote(key.strip())] = unquote(held.strip())
    return found
