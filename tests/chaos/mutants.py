"""Bugs of the kinds that matter, each with the cheapest scene that shows it. The harness must find every one.

A bug is a change of the source as a process loads it (see `planting`); a test holds that each still fits.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos import disturbances, scenes
from tests.chaos.planting import Bug
from tests.chaos.scenes import Scene


@dataclass(frozen=True)
class Mutant:
    """A bug, in words; the scene that shows it, and what it shows: words of a difference."""

    name: str
    scene: Scene
    shows: str
    bug: Bug


def _one(module: str, old: str, new: str) -> Bug:
    return {module: [(old, new)]}


MUTANTS = (
    Mutant(
        "a flush that gives up after 100 ms, before a commit",
        scenes.unacknowledged,
        "missing in the changelog",
        _one(
            "streams.transport",
            "        await self._settled(through=self._last)\n",
            "        try:\n            await asyncio.wait_for(self._settled(through=self._last), 0.1)\n"
            "        except TimeoutError:\n            pass\n",
        ),
    ),
    Mutant(
        "offsets are committed before the rows are acknowledged",
        scenes.unacknowledged,
        "missing in the changelog",
        _one("streams.transport", "        await self._settled(through=self._last)\n", "        return\n"),
    ),
    Mutant(
        "a send that failed is only logged",
        scenes.refused_rows,
        "missing in the changelog",
        _one(
            "streams.transport",
            '            end_process(f"a record was not stored: {reason}")\n',
            '            log.error("not stored: %s", reason)\n            for number, _ in puts:\n'
            "                del self._unacknowledged[number]\n"
            "            self._moved.set()\n            return\n",
        ),
    ),
    Mutant(
        "an entry is folded in place, under the key of its line",
        scenes.plain,
        "that the log does not give",
        _one(
            "streams.agents.positions",
            "self._table[key] = entry",
            "self._table[key[:-16] + bytes(16)] = entry",
        ),
    ),
    Mutant(
        "the progress row is one offset ahead",
        scenes.plain,
        "the progress rows tell",
        _one("streams.agents.positions", "message.offset + 1)", "message.offset + 2)"),
    ),
    Mutant(
        "the progress row is sent before the entries that it covers",
        scenes.plain,
        "stands behind it",
        {
            "streams.agents.positions": [
                (
                    "                for _, key, entry in rows:\n",
                    "                self.progress.posted(\n"
                    "                    message.topic, message.partition, message.offset + 1)\n"
                    "                for _, key, entry in rows:\n",
                )
            ],
            "streams.agents.progress": [
                (
                    "        self._due.add(partition)\n",
                    "        self._due.add(partition)\n        self._send_due()\n",
                )
            ],
        },
    ),
    Mutant(
        "the progress row forgets what was posted before the worker's start",
        scenes.restarted,
        "last progress rows",
        _one("streams.agents.progress", "committed.get(TP(topic, partition)) or 0)", "0)"),
    ),
    Mutant(
        "a worker goes back to its offsets beside the flow, and is slow at it",
        scenes.recovered,
        "missing in the changelog",
        {
            "streams.transport": [("        self.stop_flow()\n", "")],
            "faust.tables.recovery": [
                (
                    'self.completed.set()\n        self.log.dev("Resume stream partitions")\n',
                    "await asyncio.sleep(2.5)\n        self.completed.set()\n",
                )
            ],
            "streams.agents.positions": [
                (
                    "            message = event.message\n",
                    "            message = event.message\n"
                    "            await __import__('asyncio').sleep(0.03)\n",
                )
            ],
        },
    ),
    Mutant(
        "a dead letter is sent after the commit",
        scenes.unlettered,
        "no dead letters",
        _one(
            "streams.agents.positions",
            "await send_letter(self._settings, self._app, message, error)",
            "loop = __import__('asyncio').get_running_loop()\n                    loop.call_later(20, lambda "
            "m=message, e=error: loop.create_task(send_letter(self._settings, self._app, m, e)))",
        ),
    ),
    Mutant(
        "the mark of a worker's own file is ahead of its rows",
        disturbances.cut_off,
        "own files",
        _one(
            "streams.table_store",
            "        if offset != self._through.get(tp, -1) + 1:\n",
            "        if False:\n",
        ),
    ),
    Mutant(
        "the answers' events are not waited for before the commit",
        scenes.unanswered,
        "are not in the log",
        _one(
            "streams.agents.fanout",
            "await asyncio.gather(*(producer_of(self._app).store(**each) for each in made))",
            "asyncio.gather(*(producer_of(self._app).store(**each) for each in made))",
        ),
    ),
    Mutant(
        "a document is acknowledged before its answer",
        scenes.unanswered,
        "not answered",
        _one(
            "streams.agents.parse",
            "            event, reading = await waiting.get()\n",
            "            event, reading = await waiting.get()\n            event.ack()\n",
        ),
    ),
    Mutant(
        "the second answer to a place is published too",
        scenes.answered_twice,
        "nobody published",
        _one("streams.agents.fanout", "        if first != message.offset:\n", "        if False:\n"),
    ),
    Mutant(
        "the second answer to a place replaces the first",
        scenes.answered_twice,
        "are not in the log",
        {
            "streams.parse_index": [
                (
                    " and self.answered_by(record.partition, record.offset) is None:",
                    ":",
                ),
                ('            "INSERT INTO answers', '            "REPLACE INTO answers'),
            ]
        },
    ),
    Mutant(
        "a document suffers for the process that died while it was read",
        scenes.pool_killed,
        "not what the document says",
        _one("streams.parse_pool", "TRIES = 2\n", "TRIES = 1\n"),
    ),
    Mutant(
        "a retraction does not enter the digest of the log",
        scenes.plain,
        "alarms of the proof",
        _one(
            "api.read_model.views_db",
            "            self.entries.expect(partition, wanted)\n",
            "            if b'\"retraction\"' not in data:\n"
            "                self.entries.expect(partition, wanted)\n",
        ),
    ),
    Mutant(
        "a retracted event goes on to count",
        scenes.plain,
        "differ from the fold",
        _one("streams.fold", "    dead = retracted(entries.values())\n", "    dead = set()\n"),
    ),
    Mutant(
        "a repetition of an event moves it",
        scenes.plain,
        "another place",
        _one(
            "api.read_model.events_db",
            "                new.setdefault(one.row.key, one)\n",
            "                new[one.row.key] = one\n",
        ),
    ),
    Mutant(
        "the last event of a partition is not shown",
        scenes.plain,
        "entries are not served",
        _one(
            "api.read_model.vectors_db",
            "next_offset(read, topic, int(partition)))\n                if",
            "next_offset(read, topic, int(partition))) - 1\n                if",
        ),
    ),
    Mutant(
        "the reader switches before the new generation has come as far",
        scenes.switched_early,
        "and then less",
        _one("api.reader_generations", "ready = dominates(after.exposed, before.exposed)", "ready = True"),
    ),
    Mutant(
        "the offsets of a batch are committed before its rows",
        scenes.reader_killed,
        "not in the events file",
        _one(
            "api.read_model.events_db",
            "        met: list[Met] = []\n        with",
            "        met: list[Met] = []\n        self.connection.executemany(\n"
            '            "INSERT OR REPLACE INTO offsets (topic, partition, next) VALUES (?, ?, ?)",\n'
            "            [(*place, next_) for place, next_ in positions.items()],\n        )\n        with",
        ),
    ),
    Mutant(
        "the views go further than the events file",
        scenes.reader_killed,
        "and not read that far",
        _one(
            "api.reader_generations",
            "            read = read_vector(self._events.connection)\n",
            "            read = file.posted\n",
        ),
    ),
    Mutant(
        "entries that wait are lost with the reader",
        scenes.rows_before_progress,
        "not served",
        _one(
            "api.read_model.views_db",
            "            self._pending.store()\n",
            "            self._pending._changed.clear()\n",
        ),
    ),
    Mutant(
        "a subscriber that resumes misses the next event",
        scenes.resumed,
        "never came to the SSE",
        _one("api.history", "    return first - 1\n", "    return first\n"),
    ),
)
