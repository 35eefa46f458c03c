"""Everything that `streams` refuses to do, and why: one base, one class a reason.

A message is one line that says what to do; a class's docstring says when it is raised. Exit codes
are those of the command line (3 the set-up, 4 no broker, 5 another version of khabar is needed).
"""

from __future__ import annotations

STAYS_DOWN = 5
"""Exit code of a process that another start would not help: a supervisor leaves it down, and says why."""


class StreamsError(Exception):
    """Raised only as one of its subclasses: something a person can put right, told in one line."""

    exit_code = 3


class BrokerError(StreamsError):
    """When the embedded Kafka cannot be started, or has stopped."""


class NetworkNeeded(BrokerError):
    """When Kafka's jars are not in the cache yet and the Maven repository cannot be reached."""


class ChecksumMismatch(BrokerError):
    """When a jar, downloaded or cached, is not the pinned one: nothing of it is run."""


class FolderNotWritable(BrokerError):
    """When the data or cache directory cannot be made or written to."""


class PortInUse(BrokerError):
    """When another process listens on the port that the broker was told to use."""


class DataInUse(BrokerError):
    """When another process runs the embedded Kafka of the same data directory."""


class DataVersionMismatch(BrokerError):
    """When the data directory was written by another version of Kafka, or not by khabar at all."""


class JavaMissing(BrokerError):
    """When neither JAVA_HOME, PATH nor the installed packages hold a Java that runs Kafka."""


class BrokerDied(BrokerError):
    """When the broker's process ended by itself, or did not answer in time."""

    exit_code = 4


class TopicMismatch(StreamsError):
    """When a topic is there but with other partitions or another configuration than khabar needs."""


class TopicsRefused(StreamsError):
    """When Kafka refuses to create a topic."""


class Unacknowledged(StreamsError):
    """When Kafka does not acknowledge a record in time: it may be in the log, or come to be, or not."""

    exit_code = 4


class CodecError(StreamsError):
    """When bytes are not an event that this version may use; the subclass says why."""


class NotJson(CodecError):
    """When a value is no JSON at all."""


class BadId(CodecError):
    """When an event's id is not the hash of its content."""


class UnknownType(CodecError):
    """When an event's type is not in the catalogue."""


class Invalid(CodecError):
    """When an event breaks the schema of its type."""


class TooLong(CodecError):
    """When an event is larger than a record of its topic may be."""


class Misplaced(CodecError):
    """When a record lies in another partition than that of its home or document."""


class NewerVersion(CodecError):
    """When a record was written by a newer khabar: whoever meets it stops, and drops nothing."""

    exit_code = STAYS_DOWN
