"""A month of articles with a conflict, a correction, a withdrawal, a merge and its undoing, an old extractor.

After every step both axes are asked, and compared with answers written by hand; after a replay, a kill -9 and
all later steps the moments of all steps are asked again, and nothing of them has changed.
"""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from streams.settings import Settings
from tests.roads.running import khabar, until
from tests.roads.story import (
    ARABIC,
    CONFLICT,
    CORRECTED,
    DEAL,
    DEPARTURE,
    FALAK,
    FALAK_AR,
    LAYLA,
    PLAN,
    PULLBACK,
    SADAF,
    TUWAIQ,
    TUWAIQ_AR,
    Article,
)

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(420)]

END_OF_MONTH = "2025-06-30"
Short = dict[str, str]
"""Line (section|counterpart) → what it says in short."""


class Story:
    """Tells the story over HTTP, and remembers what was answered when."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.remembered: list[tuple[str, str, str, Short]] = []

    def tell(self, article: Article) -> str:
        return self.took(self.http.post("/v1/documents", json=article.body()))

    def took(self, answer: httpx.Response) -> str:
        """Wait until what a write brings is shown."""
        assert answer.status_code == 202, answer.text
        token = answer.headers["Khabar-Token"]
        shown = self.http.get("/v1/events", params={"min_token": token, "wait": "20s", "limit": 1})
        assert shown.status_code == 200, shown.text
        return token

    def last_cut(self) -> str:
        """The time of the last cut whose views are settled."""
        answer = self.http.get("/v1/events", params={"recorded_as_of": "2099-01-01", "limit": 1})
        answer.raise_for_status()
        return str(answer.json()["as_of"]["recorded"]["at"])

    def says(self, company: str, valid: str = END_OF_MONTH, recorded: str | None = None) -> Short:
        asked = {"valid_as_of": valid, **({"recorded_as_of": recorded} if recorded else {})}
        path = f"/v1/companies/{quote(company, safe='')}"
        answer = until(lambda: _settled(self.http.get(path, params=asked)), 20, "an answer")
        if answer.status_code in (308, 404):
            return {"": str(answer.status_code)}
        assert answer.status_code == 200, answer.text
        lines = [line for section in answer.json()["sections"].values() for line in section]
        return {line["line"].split("|", 1)[1]: short(line) for line in lines if line["current"]}

    def expect(self, company: str, wanted: Short, valid: str = END_OF_MONTH) -> None:
        """Compare with an answer written by hand, now and as of now; and remember the latter."""
        assert self.says(company, valid) == wanted

        def recorded() -> str | None:
            moment = self.last_cut()
            return moment if self.says(company, valid, moment) == wanted else None

        moment = until(recorded, 20, "a cut of what was told")
        self.remembered.append((company, valid, moment, wanted))

    def nothing_has_changed(self) -> None:
        for company, valid, moment, wanted in self.remembered:
            assert self.says(company, valid, moment) == wanted, (company, valid, moment)


def _settled(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code != 503 else None


def short(line: dict[str, Any]) -> str:
    """What a line says: type and amount or extent, how many origins, and `?` where it is possibly so."""
    step = line["current"]
    slots = step["entry"]["slots"]
    amount = slots.get("amount") or next(iter(slots.get("investors", [{}])), {}).get("amount") or {}
    what = amount.get("low") or slots.get("extent") or ""
    return f"{step['type']} {what}".strip() + f" x{step['origins']}" + ("?" if line["possibly"] else "")


def test_a_month_of_news(up: Any, settings: Settings, http: httpx.Client) -> None:
    until(lambda: http.get("/readyz").status_code == 200, 90, "readiness")
    story = Story(http)

    story.tell(DEAL)
    first = {f"investors|{TUWAIQ}": "investment 40000000 x1", f"leadership|{LAYLA}": "appointment x1"}
    story.expect(FALAK, first)
    story.expect(FALAK, {}, valid="2025-06-01")
    story.expect(TUWAIQ, {f"investments|{FALAK}": "investment 40000000 x1"})

    # Sources disagree: both stay, the newer of two that weigh the same is shown.
    story.tell(CONFLICT)
    story.expect(FALAK, {**first, f"investors|{TUWAIQ}": "investment 45000000 x2"})
    told = http.get(f"/v1/companies/{FALAK}/explain", params={"line": f"{FALAK}|investors|{TUWAIQ}"}).json()
    (step,) = told["steps"]
    assert [rival["lost_by"] for rival in step["rivals"]] == ["recency"]
    assert step["single_source"] is False

    # An Arabic article tells the same of firms that nobody has yet seen to be the same.
    story.tell(ARABIC)
    story.expect(FALAK_AR, {f"investors|{TUWAIQ_AR}": "investment 40000000 x1"})
    before_merge = story.remembered[-1][2]
    merges = [merge(story, FALAK_AR, FALAK), merge(story, TUWAIQ_AR, TUWAIQ)]
    # Now two independent origins tell 40: that outweighs one that tells 45.
    merged = {**first, f"investors|{TUWAIQ}": "investment 40000000 x3"}
    story.expect(FALAK, merged)
    assert story.says(FALAK_AR) == {"": "308"}
    assert story.says(FALAK_AR, recorded=before_merge) == {f"investors|{TUWAIQ_AR}": "investment 40000000 x1"}

    # The outlet corrects itself: its first claim is taken back, the other fact of the month stays untouched.
    story.tell(CORRECTED)
    story.expect(FALAK, merged)
    (gone,) = [e for e in retractions(http) if e["cause"] == "source_corrected"]
    assert gone["event"]["slots"]["amount"]["low"] == "45000000"

    # Merging was wrong, says a person; then right after all. Undoing restores the former answers exactly.
    undo(story, merges[1])
    split = {
        **first,
        f"investors|{TUWAIQ}": "investment 40000000 x2",
        f"investors|{TUWAIQ_AR}": "investment 40000000 x1",
    }
    story.expect(FALAK, split)
    undo(story, merges[0])
    story.expect(FALAK_AR, {f"investors|{TUWAIQ_AR}": "investment 40000000 x1"})
    merge(story, FALAK_AR, FALAK)
    merge(story, TUWAIQ_AR, TUWAIQ)
    story.expect(FALAK, merged)

    # A pullback, and a departure: later steps, no retractions.
    story.tell(PULLBACK)
    story.tell(DEPARTURE)
    later = {
        **merged,
        f"customers|{SADAF}": "customer_pullback reducing x1",
        f"leadership|{LAYLA}": "departure x1",
    }
    story.expect(FALAK, later)
    story.expect(FALAK, merged, valid="2025-06-10")

    # The same from the command line.
    moment = story.remembered[0][2]
    shown = khabar(
        settings, "show", FALAK, "--recorded-as-of", moment, "--valid-as-of", END_OF_MONTH, "--json"
    )
    assert shown.returncode == 0, shown.stderr
    assert set(json.loads(shown.stdout)["sections"]) == {"investors", "leadership"}
    changed = khabar(settings, "diff", "Falak Robotics", "--from", moment, "--json")
    assert changed.returncode == 0, changed.stderr
    lines = {line["line"].split("|", 1)[1]: line for line in json.loads(changed.stdout)["lines"]}
    assert lines.keys() == {f"customers|{SADAF}", f"leadership|{LAYLA}"}
    assert lines[f"leadership|{LAYLA}"]["after"]["type"] == "departure"
    told = khabar(settings, "show", FALAK, "--explain", "investors")
    assert told.returncode == 0, told.stderr
    assert "3 independent origins" in told.stdout
    assert "صحيفة البيان الجديد" in told.stdout
    assert "no line" in khabar(settings, "show", FALAK, "--explain", "nothing").stderr

    # The article about the pullback is withdrawn, and reinstated.
    document = quote(f"https://news.example/{PULLBACK.name}", safe="")
    story.took(http.request("DELETE", f"/v1/documents/{document}", params={"reason": "under review"}))
    without = {line: said for line, said in later.items() if not line.startswith("customers")}
    story.expect(FALAK, without)
    assert [e["cause"] for e in retractions(http)].count("source_withdrawn") == 1
    story.took(http.post(f"/v1/documents/{document}/reinstatement", json={"reason": "it stands"}))
    story.expect(FALAK, later)

    story.tell(PLAN)
    whole = {**later, "capex|2025-01-01/2025-12-31": "capex_plan 90000000 x1"}
    story.expect(FALAK, whole)
    story.nothing_has_changed()

    # The stream of changes tells the month in order, and resumes behind any message.
    told = changes(http, 6, "beginning")
    assert [change["after"]["slots"]["amount"]["low"] for _, change in told[:1]] == ["40000000"]
    assert changes(http, 3, told[2][0]) == told[3:]

    # Replay: equal digests, and every moment answers as it did.
    replayed = khabar(settings, "replay", "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert '"equal":true' in replayed.stdout.replace(" ", "")
    story.nothing_has_changed()
    assert story.says(FALAK) == whole

    # kill -9 of the worker and of the reader.
    for name in ("views", "reader"):
        for pid in pids_of(settings, name):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    until(lambda: http.get("/readyz").status_code == 200, 60, "readiness after kill -9")
    story.tell(DEAL)  # the same text again brings nothing new
    assert story.says(FALAK) == whole
    story.nothing_has_changed()
    views = http.get("/v1/views").json()
    assert all(g["proof"]["proven"] for g in views["generations"] if g["proof"])
    verified = khabar(settings, "verify", "--all", "--json")
    assert verified.returncode == 0, verified.stdout[-2000:]


def changes(http: httpx.Client, count: int, start: str) -> list[tuple[str, dict[str, Any]]]:
    """Read so many messages of the stream of changes: id, and what changed."""
    found: list[tuple[str, dict[str, Any]]] = []
    message: dict[str, str] = {}
    asked = {"company": FALAK, "section": "investors", "from": start}
    with http.stream("GET", "/v1/positions/stream", params=asked) as stream:
        assert stream.status_code == 200, stream.read()
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            message[name] = value
            if not line and "data" in message:
                assert message["event"] == "change"
                found.append((message["id"], json.loads(message["data"])))
            message = {} if not line else message
            if len(found) == count:
                break
    return found


def merge(story: Story, entity: str, into: str) -> str:
    body = {
        "kind": "merge",
        "entity": entity,
        "into": into,
        "by": "the desk",
        "reason": "one firm, two scripts",
    }
    answer = story.http.post("/v1/entities/changes", json=body)
    story.took(answer)
    return str(answer.json()["change"])


def undo(story: Story, change: str) -> None:
    body = {"kind": "undo", "undoes": change, "by": "the desk", "reason": "they are two after all"}
    story.took(story.http.post("/v1/entities/changes", json=body))


def retractions(http: httpx.Client) -> list[dict[str, Any]]:
    page = http.get("/v1/events", params={"type": "retraction", "limit": 200}).json()
    return [one["event"]["slots"] for one in page["events"]]


def pids_of(settings: Settings, name: str) -> list[int]:
    """Processes of this khabar whose command names a worker or the reader."""
    wanted = {"views": "streams.worker\0views", "reader": "api.commands\0reader"}[name]
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as command, open(f"/proc/{pid}/environ") as environment:
                mine = f"KHABAR_DATA={settings.data}\0" in environment.read()
                if mine and wanted in command.read():
                    found.append(int(pid))
        except (OSError, UnicodeDecodeError):
            continue
    assert found, f"no {name} process"
    return found
