-- The log as rows. `n` counts events as this reader met them: within one partition it follows the offsets.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What the last commits changed of positions (see api.read_model.changes): entities of which something, and
-- entities that are called otherwise, as JSON; none: anything.
CREATE TABLE changes (number INTEGER PRIMARY KEY, told BLOB);

-- Next offset to read, of every partition of the log (topics without prefix).
CREATE TABLE offsets (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

-- One row an event, at its first place; `key` is the first half of its id, as in the table of the views.
-- `fact_type`, `stage`, `modality`, `confidence` are those of the innermost event of a retraction, `day` and
-- `certain` say when that took effect: at the earliest, and in any case.
CREATE TABLE events (
  n INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  type TEXT NOT NULL,
  fact_type TEXT NOT NULL,
  stage TEXT NOT NULL,
  modality TEXT NOT NULL,
  confidence REAL NOT NULL,
  home TEXT NOT NULL,
  document TEXT NOT NULL,
  topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL,
  retracted INTEGER NOT NULL DEFAULT 0,
  day TEXT NOT NULL, certain TEXT NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX events_by_place ON events (topic, partition, offset);
CREATE INDEX events_by_time ON events (recorded_ms, key);
CREATE INDEX events_by_type ON events (fact_type, recorded_ms, key);
CREATE INDEX events_by_document ON events (document, n);

-- Every entity that has a role in an event, in the order of pages.
CREATE TABLE event_entities (
  entity TEXT NOT NULL, recorded_ms INTEGER NOT NULL, key BLOB NOT NULL,
  PRIMARY KEY (entity, recorded_ms, key)
) WITHOUT ROWID;

-- The same in the order of places, so that they are counted without the events: when each took effect (at the
-- earliest), and its `number` among those of its entity in its topic and partition.
CREATE TABLE entity_places (
  entity TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  number INTEGER NOT NULL, day TEXT NOT NULL,
  PRIMARY KEY (entity, topic, partition, offset)
) WITHOUT ROWID;

CREATE TABLE retractions (
  target BLOB NOT NULL, key BLOB NOT NULL,
  PRIMARY KEY (target, key)
) WITHOUT ROWID;

-- `known` entities come from the list in `seeds`, the others from mentions that resolved to nothing: they are
-- called so from the cut `named` on (0: no cut covers a mention yet).
CREATE TABLE entities (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, name_ar TEXT,
  resolved INTEGER NOT NULL, known INTEGER NOT NULL, events INTEGER NOT NULL DEFAULT 0,
  named INTEGER NOT NULL DEFAULT 0,
  identifiers BLOB NOT NULL DEFAULT '{}'
) WITHOUT ROWID;

-- Mentions that may give their entity its name for good (`entities.named`): of each partition the first.
CREATE TABLE first_mentions (
  entity TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL, surface TEXT NOT NULL, resolved INTEGER NOT NULL,
  PRIMARY KEY (entity, topic, partition)
) WITHOUT ROWID;
CREATE INDEX first_mentions_by_place ON first_mentions (topic, partition, offset);

-- All names of an entity, folded, for search in either script; `given` ones come from a person's rename.
CREATE TABLE entity_names (
  folded TEXT NOT NULL, entity TEXT NOT NULL, given INTEGER NOT NULL DEFAULT 0, rowid_ INTEGER PRIMARY KEY,
  UNIQUE (entity, folded)
);
CREATE VIRTUAL TABLE entity_search USING fts5 (
  folded, content='entity_names', content_rowid='rowid_', tokenize='unicode61 remove_diacritics 0', prefix='2 3'
);
CREATE TRIGGER entity_names_indexed AFTER INSERT ON entity_names BEGIN
  INSERT INTO entity_search (rowid, folded) VALUES (new.rowid_, new.folded);
END;
CREATE TRIGGER entity_names_gone AFTER DELETE ON entity_names BEGIN
  INSERT INTO entity_search (entity_search, rowid, folded) VALUES ('delete', old.rowid_, old.folded);
END;

-- Records of facts that could not be used, by the home that their key names; `content` is a hash of topic, key and
-- value, `event` the key of the event in it, where that is whole and only stands in a wrong place.
CREATE TABLE dead_letters (
  home TEXT NOT NULL, recorded_ms INTEGER NOT NULL,
  topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  kind TEXT NOT NULL, event BLOB, content BLOB NOT NULL,
  PRIMARY KEY (home, recorded_ms, topic, partition, offset)
) WITHOUT ROWID;
CREATE INDEX dead_letters_by_event ON dead_letters (event) WHERE event IS NOT NULL;
-- Where a record was accepted that was sent in the stead of such a one.
CREATE TABLE sent_again (
  content BLOB NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  PRIMARY KEY (content, topic, partition, offset)
) WITHOUT ROWID;

-- Revisions of documents, in the order of the log within a document.
CREATE TABLE documents (
  partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  document TEXT NOT NULL, revision TEXT NOT NULL, change TEXT NOT NULL, request TEXT,
  recorded_ms INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (partition, offset)
) WITHOUT ROWID;
CREATE INDEX documents_by_id ON documents (document, offset);
CREATE INDEX documents_by_request ON documents (request) WHERE request IS NOT NULL;

-- The first answer to each `documents` record; `event_keys` are the events that it published, 16 bytes each.
CREATE TABLE parses (
  partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  document TEXT NOT NULL, revision TEXT NOT NULL, change TEXT NOT NULL, status TEXT NOT NULL,
  extractor TEXT NOT NULL, version TEXT NOT NULL, error TEXT, event_keys BLOB NOT NULL,
  PRIMARY KEY (partition, offset)
) WITHOUT ROWID;
CREATE INDEX parses_by_document ON parses (document, offset);

-- Merges, splits and names of entities, as a person decided them.
CREATE TABLE entity_changes (
  offset INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, recorded_ms INTEGER NOT NULL, data BLOB NOT NULL
);

CREATE TABLE cuts (number INTEGER PRIMARY KEY, ms INTEGER NOT NULL);
CREATE INDEX cuts_by_time ON cuts (ms);

-- What each cut moved: the cut of a place is the first one whose `next` is above its offset.
CREATE TABLE cut_moves (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, cut INTEGER NOT NULL,
  PRIMARY KEY (topic, partition, next)
) WITHOUT ROWID;
-- The vector of the last cut.
CREATE TABLE cut_ends (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE INDEX cut_moves_by_cut ON cut_moves (topic, partition, cut);
CREATE INDEX cut_moves_of ON cut_moves (cut);
