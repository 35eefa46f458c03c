"""The two Faust apps, wired: settings, topics, agents. No rule of khabar is in here.

`khabar-parse` has no table: documents → parses → facts. `khabar-views-g<N>` keeps the table `positions`
of one generation. Every odd-looking setting is there for a reason measured in Faust 0.15.3.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import faust
from faust import streams as faust_streams
from faust.sensors import Monitor
from yarl import URL

from streams import table_store, transport
from streams.agents.positions import PositionAgent
from streams.errors import StreamsError
from streams.topics import RECORD_BYTES_MAX, fact_topics, parse_app_id, topic_name, views_app_id

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.worker_slots import Slot

TABLE = "positions"
REQUEST_SECONDS_MAX = 30.0  # a request that hangs on a dying broker is repeated after this
COMMIT_SECONDS = 2.0
NEVER_SECONDS = 10 * 365 * 86_400.0


class NoFastPath(StreamsError):
    """When Faust's compiled stream iterator is missing: its Python twin acknowledges skipped records."""


def parse_app(settings: Settings, slot: Slot) -> faust.App:
    """Make the app that answers documents and publishes the events."""
    # Imported here: a views worker starts without reading the extractor's rules.
    from streams.agents.fanout import FanOut
    from streams.agents.follow import ParsesFollower
    from streams.agents.parse import ParseAgent
    from streams.parse_index import ParseIndex

    app = _app(settings, parse_app_id(settings), slot)
    follower = ParsesFollower(settings, app, ParseIndex(slot.path / "parse-index.db"))
    _agent(app, settings, "documents", ParseAgent(settings, app, follower).run)
    _agent(app, settings, "parses", FanOut(settings, app, follower).run)
    return app


def views_app(settings: Settings, generation: int, slot: Slot) -> faust.App:
    """Make the app that posts the entries of all events to one generation of the views."""
    store = table_store.WRITE_ONLY if settings.table_store == "write-only" else table_store.ROCKSDB
    app = _app(settings, views_app_id(settings, generation), slot, store=f"{store}://")
    table = app.Table(
        TABLE,
        key_type=bytes,
        value_type=bytes,
        partitions=settings.partitions,
        options={
            "block_cache_size": table_store.BLOCK_CACHE_BYTES,  # Faust's default is 2 GiB a partition
            "write_buffer_size": table_store.WRITE_BUFFER_BYTES,
        }
        if store == table_store.ROCKSDB
        else None,
    )
    positions = PositionAgent(settings, app, table)
    # One agent a topic: half again the rate of one agent for all.
    for topic in fact_topics():
        _agent(app, settings, topic, positions.run)
    positions.progress.start_with(app)
    return app


def _app(settings: Settings, app_id: str, slot: Slot, store: str = "memory://") -> faust.App:
    if getattr(faust_streams, "_CStreamIterator", None) is None:
        message = "Faust was installed without its compiled parts: install a wheel of faust-streaming"
        raise NoFastPath(message)
    Path(slot.path).mkdir(parents=True, exist_ok=True)
    session = settings.session_timeout_seconds
    return faust.App(
        app_id,
        broker=[URL(f"{transport.SCHEME}://{server}") for server in settings.bootstrap.split(",")],
        store=store,
        datadir=str(slot.path / "faust"),
        # Workers on one machine would else announce one URL, and overwrite each other in assignments.
        canonical_url=f"http://{slot.member}",
        key_serializer="raw",  # our codec decodes, inside the agents: Faust acks what it cannot decode
        value_serializer="raw",
        cython_optimizations=True,  # compiled parts are there, but off by default
        web_enabled=False,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication_factor,
        topic_allow_declare=False,  # all topics exist before, with our configuration
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_group_instance_id=slot.member,  # a restarted worker is known at once
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        producer_max_request_size=RECORD_BYTES_MAX + (64 << 10),
        broker_session_timeout=session,
        broker_heartbeat_interval=min(3.0, session / 4),
        broker_rebalance_timeout=max(30.0, session),
        broker_request_timeout=max(REQUEST_SECONDS_MAX, session + 5),
        producer_request_timeout=REQUEST_SECONDS_MAX,
        broker_commit_interval=COMMIT_SECONDS,
        stream_wait_empty=False,  # a slow document must not hold up a rebalance
        # Faust's own alarms are often false; streams.agents.watch looks at what matters.
        stream_processing_timeout=NEVER_SECONDS,
        broker_commit_livelock_soft_timeout=NEVER_SECONDS,
        monitor=_QuietMonitor(),
    )


def _agent(app: faust.App, settings: Settings, topic: str, run: Any) -> None:
    source = app.topic(
        topic_name(settings, topic), key_type=bytes, value_type=bytes, partitions=settings.partitions
    )
    app.agent(source, name=f"{topic}", concurrency=1)(run)


class _QuietMonitor(Monitor):
    """Faust's monitor without its bookkeeping for each message: nobody reads it, and it costs a tenth."""

    def on_message_in(self, *args: Any, **kwargs: Any) -> None:
        """Count nothing."""

    def on_stream_event_in(self, *args: Any, **kwargs: Any) -> None:
        """Count nothing."""

    def on_stream_event_out(self, *args: Any, **kwargs: Any) -> None:
        """Count nothing."""

    def on_message_out(self, *args: Any, **kwargs: Any) -> None:
        """Count nothing."""

    def on_table_set(self, *args: Any, **kwargs: Any) -> None:
        """Count nothing."""
