"""The published schemas, and what versions owe to one another.

Within a schema version only optional fields may be added. Held from both sides: today's reader reads every
record ever written (tests/golden), and a reader of the version's first day accepts what today's writer
writes.
"""

import copy

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from streams import codec
from streams.documents import decode_document, decode_parse, encode
from streams.events import CATALOGUE, SCHEMA_VERSION
from streams.ids import canonical
from streams.schemas import VERSION_FOLDER, as_file, schemas
from tests.golden import FOLDER as GOLDEN
from tests.strategies import events, retractions

VALIDATORS = {event_type: Draft202012Validator(schema) for event_type, schema in schemas().items()}
VERSIONS = sorted(path for path in GOLDEN.iterdir() if path.name.startswith("v"))
NEWEST = GOLDEN / f"v{SCHEMA_VERSION}"
any_event = events() | retractions() | retractions(retractions())


def test_the_committed_schemas_are_those_of_the_models():
    committed = {path.stem: path.read_bytes() for path in VERSION_FOLDER.iterdir()}
    fresh = {event_type: as_file(schema) for event_type, schema in schemas().items()}
    assert committed == fresh, "run python -m streams.schemas"


@pytest.mark.parametrize("event_type", CATALOGUE)
def test_a_schema_is_one(event_type):
    Draft202012Validator.check_schema(schemas()[event_type])


@given(any_event)
def test_what_is_written_fits_its_schema(event):
    VALIDATORS[event.type].validate(orjson.loads(codec.encode(event)))


@given(any_event, st.sampled_from(["", "source", "slots", "extraction"]))
def test_schemas_are_closed_as_writers_are(event, where):
    data = codec.wire(event)
    (data[where] if where else data)["mood"] = "sunny"
    with pytest.raises(ValidationError, match="mood"):
        VALIDATORS[event.type].validate(data)


def golden_events():
    for folder in VERSIONS:
        for path in sorted(folder.glob("*.json")):
            for number, data in enumerate(orjson.loads(path.read_bytes())):
                yield pytest.param(data, id=f"{folder.name}-{path.stem}-{number}")


@pytest.mark.parametrize("data", list(golden_events()))
def test_every_event_ever_written_is_read(data):
    event = codec.decode(canonical(data))
    assert event.id == data["id"]
    assert event.schema_version == SCHEMA_VERSION
    if data["schema_version"] == SCHEMA_VERSION:
        assert codec.wire(event) == data


@pytest.mark.parametrize("event_type", CATALOGUE)
def test_every_type_has_golden_events_with_all_its_slots(event_type):
    """A new slot of an old type is in no golden file; a type or version without one has none at all."""
    whole, bare = orjson.loads((NEWEST / f"{event_type}.json").read_bytes())
    assert whole["type"] == bare["type"] == event_type
    frozen = frozen_schema(NEWEST, event_type)
    (slots_name,) = {
        name for name in frozen["$defs"] if name.lower() == f"{event_type}slots".replace("_", "")
    }
    assert whole["slots"].keys() == frozen["$defs"][slots_name]["properties"].keys()


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_every_record_ever_written_is_read(folder):
    """Those in `first` were written before records told their version."""
    for records in (folder / "records", folder / "records" / "first"):
        document, parse = ((records / name).read_bytes() for name in ("document.json", "parse.json"))
        assert decode_document(document).document == "https://news.example/rimal"
        for data in decode_parse(parse).events:
            codec.decode(canonical(data))
        if folder == NEWEST and records.name != "first":
            assert encode(decode_document(document)) == document
            assert encode(decode_parse(parse)) == parse


def frozen_schema(folder, event_type):
    return orjson.loads((folder / "schemas" / f"{event_type}.json").read_bytes())


def opened(schema):
    """Give the schema as a reader applies it: unknown fields pass, and so do unknown values of a list."""
    if isinstance(schema, list):
        return [opened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: opened(item) for key, item in schema.items() if key != "enum"}
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    return schema


FIRST_READERS = {
    event_type: Draft202012Validator(opened(frozen_schema(NEWEST, event_type))) for event_type in CATALOGUE
}


@given(any_event)
@settings(max_examples=200)
def test_a_reader_of_the_versions_first_day_accepts_todays_writer(event):
    FIRST_READERS[event.type].validate(orjson.loads(codec.encode(event)))


@given(events(["product"]))
def test_that_reader_does_notice_a_breaking_change(event):
    """The test above can fail: these are the changes that need a new version."""
    data = codec.wire(event)
    FIRST_READERS["product"].validate({**data, "mood": "sunny", "stage": "dreamt"})
    for broken in (removed(data, "company"), {**data, "confidence": 1}, {**data, "home": None}):
        with pytest.raises(ValidationError):
            FIRST_READERS["product"].validate(broken)


def removed(data, slot):
    data = copy.deepcopy(data)
    del data["slots"][slot]
    return data
