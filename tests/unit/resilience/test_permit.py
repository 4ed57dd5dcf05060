"""Leave to make one call."""

from resilience.permit import Judged, Permit


def test_each_way_to_hand_it_back() -> None:
    """The breaker is told which permit it was, how it went and how long it took, 0 s if unsaid."""
    told: list[tuple[Permit, Judged, float]] = []
    permit = Permit(lambda *verdict: told.append(verdict))
    permit.success()
    permit.success(1.5)
    permit.failure()
    permit.failure(2.5)
    permit.ignore()
    assert told == [
        (permit, Judged.SUCCESS, 0.0),
        (permit, Judged.SUCCESS, 1.5),
        (permit, Judged.FAILURE, 0.0),
        (permit, Judged.FAILURE, 2.5),
        (permit, Judged.IGNORED, 0.0),
    ]
