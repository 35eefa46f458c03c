"""The embedded Kafka: a real single-node broker as a child process, with nothing but Python installed.

`jars` fetches and checks Kafka, `java` finds what runs it, `node` writes its configuration,
`child` is the process itself.
"""

from streams.broker.child import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
