"""The embedded Kafka: a real single-node broker as a child process, with nothing but Python installed.

`jars` fetches and checks Kafka, `java` finds what runs it, `node` writes its configuration,
`child` is the process itself, `keeper` starts it again.
"""

from streams.broker.child import EmbeddedBroker
from streams.broker.keeper import Keeper

__all__ = ["EmbeddedBroker", "Keeper"]
