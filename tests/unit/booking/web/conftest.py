"""The API over a store in memory."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.booking_api import MemoryStore, make_app

from booking.adapters.business_file import load_business
from booking.domain.business import Business
from booking.events import CATALOGUE
from resilience.events import CATALOGUE as LIBRARY
from resilience.testing.signals import Signals


@pytest.fixture(scope="session")
def business() -> Business:
    """The packaged business."""
    return load_business()


@pytest.fixture(scope="session")
def shared_store(business: Business) -> MemoryStore:
    """The store of the shared application."""
    return MemoryStore(business)


@pytest.fixture(scope="session")
def shared_app(business: Business, shared_store: MemoryStore) -> Flask:
    """One application for all tests: it keeps nothing but its store."""
    return make_app(business, shared_store)


@pytest.fixture
def store(shared_store: MemoryStore) -> MemoryStore:
    """An empty store."""
    shared_store.reset()
    return shared_store


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Real telemetry of its own."""
    captured = Signals(catalogue=(*LIBRARY, *CATALOGUE))
    yield captured
    captured.close()


@pytest.fixture
def client(shared_app: Flask, store: MemoryStore) -> FlaskClient:
    """A client of the API without telemetry."""
    return shared_app.test_client()


@pytest.fixture
def watched(business: Business, store: MemoryStore, signals: Signals) -> FlaskClient:
    """A client of the API whose signals are captured."""
    return make_app(business, store, signals).test_client()
