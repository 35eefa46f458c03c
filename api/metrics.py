"""Metrics in Prometheus' text format: requests of this process, and the reader's status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.read_model.findings import KINDS

if TYPE_CHECKING:
    from api.reader_status import Status

LATENCY_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter(
            "khabar_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self.seconds = Histogram(
            "khabar_request_seconds",
            "Time to the first byte of the answer.",
            ("route",),
            buckets=LATENCY_SECONDS,
            registry=registry,
        )
        self._of_labels: dict[tuple[str, str, int], tuple[Histogram, Counter]] = {}
        self._gauges = {
            name: Gauge(f"khabar_reader_{name}", said, registry=registry)
            for name, said in (
                ("behind_records", "Records of the log that are not read yet."),
                ("stale_seconds", "Time since the files last held all of the log; -1: never."),
                ("events", "Events read since the reader started."),
                ("duplicates", "Events that came again."),
                ("skipped", "Records that could not be used."),
            )
        }
        self._alarms = Gauge(
            "khabar_proof_alarms", "Differences found since the reader started.", ("kind",), registry=registry
        )
        self._behind = Gauge(
            "khabar_generation_behind_records", "Rows not read yet.", ("generation",), registry=registry
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer and its time to the first byte."""
        labels = route, method, status
        of_labels = self._of_labels.get(labels)
        if of_labels is None:
            of_labels = self.seconds.labels(route), self.requests.labels(route, method, status)
            self._of_labels[labels] = of_labels
        of_labels[0].observe(seconds)
        of_labels[1].inc()

    def render(self, status: Status, stale_seconds: int) -> bytes:
        """Write all metrics."""
        for name, value in (
            ("behind_records", status.behind),
            ("stale_seconds", stale_seconds),
            ("events", status.events),
            ("duplicates", status.duplicates),
            ("skipped", status.skipped),
        ):
            self._gauges[name].set(value)
        for kind in KINDS:
            self._alarms.labels(kind).set(status.alarms.get(kind, 0))
        self._behind.clear()
        for number, told in status.generations.items():
            self._behind.labels(number).set(told.get("behind", 0))
        return generate_latest(self._registry)


class Measured:
    """Counts and times requests by the route's pattern, never by its path: labels must stay few."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time a request up to the start of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.answered(route, scope["method"], message["status"], time.perf_counter() - start)
            await send(message)

        await self._app(scope, receive, seen)
