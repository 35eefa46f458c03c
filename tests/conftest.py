"""Fixtures of all tests: a real Kafka, started when the first test asks for it, and settings of one test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from streams.broker import EmbeddedBroker
from streams.settings import PREFIX, Settings

# How long an example takes says more of the machine's other work than of the code.
hypothesis_settings.register_profile("khabar", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("khabar")

for _name in [name for name in os.environ if name.startswith(PREFIX) and name != "KHABAR_CACHE"]:
    del os.environ[_name]  # tests choose their settings; only the jars are shared with the user


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a broker, so that `-m "not integration"` leaves it out."""
    for item in items:
        if {"kafka", "own_kafka"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """The Kafka that tests share; never stop or kill it (see own_kafka)."""
    with EmbeddedBroker(Settings(data=tmp_path_factory.mktemp("kafka"), broker_port=0)) as broker:
        yield broker


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """A Kafka of this test alone, to be stopped, killed and started again."""
    with EmbeddedBroker(Settings(data=tmp_path / "own-kafka", broker_port=0)) as broker:
        yield broker


def settings_on(broker: EmbeddedBroker, data: Path) -> Settings:
    """Settings on a broker, with topic names that no other test uses."""
    return Settings(
        data=data, bootstrap_servers=broker.bootstrap_servers, topic_prefix=f"t{uuid4().hex[:8]}-"
    )


@pytest.fixture
def settings(kafka: EmbeddedBroker, tmp_path: Path) -> Settings:
    """Settings on the shared Kafka, with a data directory and topic names of this test alone."""
    return settings_on(kafka, tmp_path / "data")
