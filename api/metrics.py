"""Metrics in Prometheus' text format: requests and streams of this process, and what collectors tell."""

from __future__ import annotations

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LATENCY_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one process."""

    def __init__(self, *collectors: Collector) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each
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
        self.streams = Gauge("khabar_sse_streams", "Streams that are open.", registry=registry)
        for collector in collectors:
            registry.register(collector)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer and its time to the first byte."""
        labels = route, method, status
        of_labels = self._of_labels.get(labels)
        if of_labels is None:
            of_labels = self.seconds.labels(route), self.requests.labels(route, method, status)
            self._of_labels[labels] = of_labels
        of_labels[0].observe(seconds)
        of_labels[1].inc()

    def render(self) -> bytes:
        """Write all metrics."""
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
