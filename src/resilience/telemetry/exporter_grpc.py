"""The OTLP exporter over gRPC; imported only where the protocol is `grpc`."""

from pathlib import Path

import grpc  # type: ignore[import-untyped]  # untyped there
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExporter

from resilience.telemetry.environment import OtlpSettings


def make(settings: OtlpSettings) -> SpanExporter:
    """The exporter of these settings; raises OSError for a certificate that cannot be read."""
    files = (settings.certificate, settings.client_key, settings.client_certificate)
    held = [Path(name).read_bytes() if name else None for name in files]
    gzip = settings.compression == "gzip"
    return OTLPSpanExporter(
        endpoint=settings.endpoint,
        insecure=settings.insecure,
        credentials=grpc.ssl_channel_credentials(*held) if any(files) else None,
        headers={name.lower(): value for name, value in settings.headers.items()},
        timeout=settings.timeout_s,
        compression=grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression,
    )
