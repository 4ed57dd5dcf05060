"""The session that sends once."""

import pytest
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from resilience.http_client.single_send import SingleSendSession, refuse_retries


@pytest.mark.parametrize(
    "retries", [1, None, Retry(1), Retry(total=None, connect=0), Retry(total=None, status=2)]
)
@pytest.mark.fault(16)
def test_hidden_retries_are_refused(retries: Retry | int | None) -> None:
    """Any adapter that might send again is refused, with a sentence that says what to do."""
    with pytest.raises(ValueError, match="only one layer may: mount it with max_retries=0"):
        refuse_retries(HTTPAdapter(max_retries=retries))


@pytest.mark.parametrize("retries", [0, Retry(0), Retry(False)])
@pytest.mark.fault(16)
def test_adapters_that_send_once_are_accepted(retries: Retry | int) -> None:
    """None, in whichever way it is said, is none."""
    refuse_retries(HTTPAdapter(max_retries=retries))


@pytest.mark.fault(16)
def test_no_adapter_that_retries_is_mounted_later() -> None:
    """The check is made at each mount."""
    session = SingleSendSession(HTTPAdapter())
    with pytest.raises(ValueError, match="retries by itself"):
        session.mount("http://service.test", HTTPAdapter(max_retries=2))


def test_nothing_is_taken_from_the_environment() -> None:
    """Proxies, passwords and certificates of the environment are not asked for."""
    assert not SingleSendSession(HTTPAdapter()).trust_env
