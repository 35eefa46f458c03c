"""What the reader does when its files or the log fail it: anew, again, or not at all, and it says which."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from api import reader as reader_module
from api import reader_status
from api.errors import ReaderFaulty
from api.read_model import store
from api.read_model.reading import ReadModel
from api.reader import Reader
from api.reader_tasks import repair
from streams import codec, generations
from streams.codec import wire
from streams.errors import STAYS_DOWN, NewerVersion
from streams.generations import State
from streams.settings import Settings
from streams.tokens import Token
from tests.api.files import Log, Views
from tests.api.making import World, investment
from tests.integration.reading import a_reader, a_world, count, until
from tests.integration.serving import a_client


def views_file(settings: Settings) -> Path:
    return store.views_path(settings.data, 1)


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, timeout=5)) as file, file:
        file.execute(sql)


FAULTY = "CREATE TRIGGER fault BEFORE INSERT ON lines BEGIN SELECT RAISE(ABORT, 'a fault'); END"


async def test_after_a_fault_the_files_are_opened_anew_and_nothing_is_lost(settings: Settings) -> None:
    model = ReadModel(settings.data)
    async with a_world(settings) as world, a_reader(settings) as reader:
        await world.tell(investment("meta", "scale"))
        await until(lambda: count(model, "lines") == 2)
        inode = views_file(settings).stat().st_ino
        change(views_file(settings), FAULTY)
        await world.tell(investment("google", "anthropic"))
        await until(lambda: "a fault" in reader_status.read(settings.data).reason)
        assert count(model, "lines") == 2
        change(views_file(settings), "DROP TRIGGER fault")
        await until(lambda: count(model, "lines") == 4, 30)
        assert views_file(settings).stat().st_ino == inode, "the file was whole"
        await until(lambda: reader.status.reason == "")
        assert reader.status.alarms == {}
        assert count(model, "differences") == 0


async def test_a_fault_that_stays_ends_the_reader(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "RETRY_SECONDS", 0.01)
    model = ReadModel(settings.data)
    async with a_world(settings) as world:
        async with a_reader(settings):
            await world.tell(investment("meta", "scale"))
            await until(lambda: count(model, "lines") == 2)
        change(views_file(settings), FAULTY)
        await world.tell(investment("google", "anthropic"))
        async with asyncio.timeout(60):
            with pytest.raises(ReaderFaulty, match="6 times in a row: IntegrityError"):
                await Reader(settings).run()
    told = reader_status.read(settings.data)
    assert told.phase == "stopped"
    assert "a fault" in told.reason


async def test_a_broken_file_is_made_anew(settings: Settings) -> None:
    model = ReadModel(settings.data)
    async with a_world(settings) as world:
        async with a_reader(settings):
            await world.tell(investment("meta", "scale"))
            await until(lambda: count(model, "lines") == 2)
            model.close()  # the reader is the last to close it, and leaves one whole file
        path = views_file(settings)
        whole = path.read_bytes()
        assert not path.with_name(path.name + "-wal").exists()
        path.write_bytes(whole[: 2 * store.PAGE_BYTES] + b"\xff" * (len(whole) - 2 * store.PAGE_BYTES))
        inode = path.stat().st_ino
        os.link(path, settings.data / "broken")  # else the file that is made anew may be given its inode
        await world.tell(investment("google", "anthropic"))
        async with a_reader(settings):
            await until(lambda: path.exists() and path.stat().st_ino != inode)
            await until(lambda: count(model, "lines") == 4)


async def test_a_writer_that_is_killed_is_begun_again_and_nothing_is_lost(settings: Settings) -> None:
    model = ReadModel(settings.data)
    async with a_world(settings) as world, a_reader(settings) as reader:
        await world.tell(investment("meta", "scale"))
        await until(lambda: count(model, "lines") == 2)
        (writer,) = multiprocessing.active_children()
        writer.kill()
        await world.tell(investment("google", "anthropic"))
        await until(lambda: count(model, "lines") == 4, 30)
        assert {child.pid for child in multiprocessing.active_children()} != {writer.pid}
        assert reader.status.alarms == {}
        assert reader.status.duplicates == 0
        assert count(model, "events") == 2


async def newer(settings: Settings, world: World) -> None:
    """Publish an event as a newer khabar would."""
    event = investment("fund", "firm")
    data = wire(event) | {"schema_version": 99}
    data["id"] = codec.event_id(data)
    place = world.place_of(event)
    await world.append(place, codec.canonical(data))


async def test_a_newer_event_stops_the_reader_and_all_that_is_asked_says_so(settings: Settings) -> None:
    async with a_world(settings) as world:
        known = investment("meta", "scale")
        async with a_reader(settings) as reader:
            await world.tell(known)
            await until(lambda: reader.status.reached and reader.status.events == 1)
        await newer(settings, world)
        with pytest.raises(NewerVersion):
            await Reader(settings).run()

        ended = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api.commands", "reader",
            env={**os.environ, **settings.environment()},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(60):
            _, errors = await ended.communicate()
        assert ended.returncode == STAYS_DOWN
        (line,) = [one for one in errors.decode().splitlines() if "schema version 99" in one]
        assert line.startswith("khabar: ")
        assert "Traceback" not in errors.decode()

        async with a_client(settings) as client:
            ready = await client.get("/readyz")
            assert ready.status_code == 503
            assert ready.json()["phase"] == "stopped"
            assert "the reader has stopped: " in ready.json()["said"]
            assert "schema version 99" in ready.json()["said"]
            alive = await client.get("/livez")
            assert alive.status_code == 200, "a restart would not help"
            assert "schema version 99" in alive.json()["said"]
            answer = await client.get(f"/v1/events/{known.id}")
            assert answer.status_code == 200
            assert "schema version 99" in answer.headers["khabar-reader"]
            held = answer.headers["khabar-token"]
            position = "/v1/companies/scale"
            assert (await client.get(position, params={"min_token": held})).status_code in (200, 404)
            beyond = replace(Token.decode(held), cut=99).encode()
            refused = await client.get(position, params={"min_token": beyond, "wait": "30s"})
            assert refused.status_code == 503
            assert "the reader has stopped: " in refused.json()["detail"], "and not after 30 s"


async def test_dropped_generations_leave_no_file(settings: Settings) -> None:
    model = ReadModel(settings.data)
    folder = settings.data / "reader"
    async with a_world(settings) as world:
        views = await generations.read(settings)
        assert views is not None
        for number in (2, 3):
            views = views.with_new(number, 1).with_state(number, State.FOLLOWING)
        views = views.with_new(4, 1).with_state(4, State.DROPPED)
        await generations.write(settings, views)
        folder.mkdir(parents=True)
        for name in ("views-g4.db", "views-g4.db-wal", "views-g4.db-shm", "views-g9.db", "views-gx.db"):
            (folder / name).touch()
        async with a_reader(settings):
            await world.tell(investment("meta", "scale"))
            await until(lambda: count(model, "lines") == 2)
            await until(lambda: (folder / "views-g3.db").exists())
            await generations.write(settings, views.with_state(2, State.DROPPED))

            def left() -> bool:
                return {path.name for path in folder.glob("views-g*.db")} == {
                    "views-g1.db", "views-g3.db", "views-gx.db",
                }  # fmt: skip

            await until(left)
            assert not list(folder.glob("views-g[249].db*"))
            assert count(model, "lines") == 2


async def test_a_generation_dropped_while_it_is_repaired_is_left_alone(settings: Settings) -> None:
    async with a_world(settings):
        settings.data.mkdir(parents=True, exist_ok=True)
        views = Views(Log(settings.data), settings.data)
        event = views.publish(investment("meta", "scale"))
        assert {f.kind for f in views.post(event, {})} == {"missing"}
        task = asyncio.create_task(repair(settings, 1, views.file, views.log.file.connection))
        await asyncio.sleep(0)  # it has read what is missing, and connects
        views.file.close()
        await task
        views.reopen()
        assert views.differences() == [("missing", False)] * 2
