"""The OTLP exporter over HTTP; imported only where the protocol is `http/json`."""

from opentelemetry.exporter.otlp.common.http import Compression
from opentelemetry.sdk.trace.export import SpanExporter

from resilience.telemetry.environment import OtlpSettings
from resilience.telemetry.otlp import JsonSpanExporter


def make(settings: OtlpSettings) -> SpanExporter:
    """The exporter of these settings."""
    return JsonSpanExporter(
        endpoint=settings.endpoint,
        certificate_file=settings.certificate or None,
        client_key_file=settings.client_key or None,
        client_certificate_file=settings.client_certificate or None,
        headers=settings.headers,
        timeout=settings.timeout_s,
        compression=Compression(settings.compression),
    )
