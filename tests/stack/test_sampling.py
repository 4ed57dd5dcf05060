"""Tail sampling keeps every trace that tells of trouble, and a share of the others."""

import time
from collections.abc import Mapping

import pytest
from tests.stack import jaeger_api
from tests.stack.otlp import ERROR, Made, send
from tests.stack.processes import Process
from tests.stack.stack import Stack
from tests.stack.story import Scene

KEPT = ("three attempts", "unavailable", "told to wait", "timeout", "failing", "opening")
HEALTHY = 300
TROUBLE: Mapping[str, Made] = {
    "error": Made(trace=0xA1, status=ERROR),
    "slow": Made(trace=0xA2, lasts_s=0.6),
    "retry": Made(trace=0xA3, attributes={"http.request.resend_count": 1}),
    "waiting": Made(trace=0xA4, name="resilience.retry"),
    "breaker": Made(trace=0xA5, name="resilience.circuit_breaker.reject"),
    "timeout": Made(trace=0xA6, name="resilience.timeout"),
    "shed": Made(trace=0xA7, name="http.server.shed"),
    "429": Made(trace=0xA8, attributes={"http.response.status_code": 429}),
}


@pytest.mark.parametrize("scene", [*KEPT, "refused", "probed", "limited"])
def test_every_scene_of_trouble_is_kept(
    stack: Stack, story: Mapping[str, Scene], scene: str
) -> None:
    """Whatever a protection did, its trace is there to be looked at."""
    assert jaeger_api.settled(stack.where.jaeger, story[scene].trace_id, 1)


@pytest.mark.parametrize("kind", TROUBLE)
def test_each_kind_of_trouble_alone_is_reason_enough(
    stack: Stack, jaeger: Process, collector: Process, kind: str
) -> None:
    """A trace with nothing else to tell is kept for this alone."""
    send(stack.where.collector_http, [TROUBLE[kind]])
    assert jaeger_api.settled(stack.where.jaeger, TROUBLE[kind].trace_id, 1)


def test_of_healthy_traces_a_share_is_kept(
    stack: Stack, jaeger: Process, collector: Process
) -> None:
    """One in ten, give or take: neither all nor none."""
    spans = [Made(trace=(0xB << 60) + number * 0x9E3779B9) for number in range(HEALTHY)]
    send(stack.where.collector_http, spans, service="healthy")
    jaeger_api.settled(stack.where.jaeger, _last_kept(stack), 1)
    assert 10 <= len(jaeger_api.search(stack.where.jaeger, "healthy")) <= 60


def test_a_trace_is_judged_when_its_first_span_ends(
    stack: Stack, jaeger: Process, collector: Process
) -> None:
    """What a long call did at first waits for the retry that comes later, and is kept with it."""
    where = stack.where.collector_http
    send(where, [Made(trace=0xC1, span=2, parent=1)])
    time.sleep(4)
    send(where, [Made(trace=0xC1, span=3, parent=1, name="resilience.retry")])
    send(where, [Made(trace=0xC1, span=1)])
    spans = jaeger_api.settled(stack.where.jaeger, Made(trace=0xC1).trace_id, 3)
    assert sorted(span.span_id for span in spans) == [f"{number:016x}" for number in (1, 2, 3)]


def test_what_comes_after_the_judgement_shares_its_fate(
    stack: Stack, jaeger: Process, collector: Process
) -> None:
    """A span that was late is not torn from its trace."""
    where, trace_id = stack.where, Made(trace=0xC2).trace_id
    send(where.collector_http, [Made(trace=0xC2, status=ERROR)])
    jaeger_api.settled(where.jaeger, trace_id, 1)
    send(where.collector_http, [Made(trace=0xC2, span=2, parent=1)])
    assert len(jaeger_api.settled(where.jaeger, trace_id, 2)) == 2


def _last_kept(stack: Stack) -> str:
    """A trace that is kept for certain and judged after all that came before."""
    made = Made(trace=0xB1, status=ERROR)
    send(stack.where.collector_http, [made])
    return made.trace_id
