"""Write `jars.json` anew, after a change of KAFKA_VERSION: `python -m streams.broker.pin`.

Kafka's own dependencies come from jgo's resolver; the bridge from SLF4J to Log4j, which only Kafka's
binary distribution brings along, is added so that the broker has a log.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path

from streams.broker.jars import KAFKA_VERSION

ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
LOG_BRIDGE = "org.apache.logging.log4j:log4j-slf4j-impl"


def main() -> None:
    """Resolve, download and hash every jar, and write the pins beside this file."""
    import jgo

    artifacts = jgo.resolve(ENDPOINT)
    log4j = next(artifact.version for artifact in artifacts if artifact.artifactId == "log4j-core")
    artifacts += [
        artifact
        for artifact in jgo.resolve(f"{LOG_BRIDGE}:{log4j}")
        if artifact.artifactId == "log4j-slf4j-impl"
    ]
    pins = {
        f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}": hashlib.sha256(
            artifact.resolve().read_bytes()
        ).hexdigest()
        for artifact in artifacts
    }
    path = Path(str(files("streams.broker").joinpath("jars.json")))
    path.write_text(json.dumps(pins, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
