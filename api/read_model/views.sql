-- One generation of the positions: what Faust posted, proven against the log, and the lines made of it.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What the last commits changed of positions (see api.read_model.changes): entities of which something, and
-- entities that are called otherwise, as JSON; none: anything.
CREATE TABLE changes (number INTEGER PRIMARY KEY, told BLOB);

-- Next offset of each partition of the changelog.
CREATE TABLE offsets (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL);

-- `seen`: the progress that Faust told; `posted`: that part of it which may be trusted; `exposed`: up to where
-- entries are served. All are next offsets of the facts topics.
CREATE TABLE vector (
  topic TEXT NOT NULL, partition INTEGER NOT NULL,
  seen INTEGER NOT NULL, posted INTEGER NOT NULL, exposed INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

-- Entries whose event lies below `exposed`; `key` is that of Faust's table: line, zero byte, 16 bytes of id.
-- Topic, offset and recorded time are those of the event's first place; no topic: the event is not there.
CREATE TABLE entries (
  key BLOB NOT NULL, partition INTEGER NOT NULL, topic TEXT NOT NULL, offset INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL, entry BLOB NOT NULL,
  PRIMARY KEY (key, partition)
) WITHOUT ROWID;

-- Entries that wait for their event to be read, and to be covered by what is posted.
CREATE TABLE pending (
  partition INTEGER NOT NULL, event BLOB NOT NULL, key BLOB NOT NULL,
  seen_ms INTEGER NOT NULL, entry BLOB NOT NULL,
  PRIMARY KEY (partition, event, key)
) WITHOUT ROWID;

-- The fold of the entries that are shown on each line, as served. Where that is one entry, posted to the line
-- itself, not its view but the 16 bytes of its event's id (see api.read_model.unwritten).
CREATE TABLE lines (
  company TEXT NOT NULL, section TEXT NOT NULL, counterpart TEXT NOT NULL, view BLOB NOT NULL,
  PRIMARY KEY (company, section, counterpart)
) WITHOUT ROWID;

-- How many lines a company has. Rows of `lines` are inserted, changed and deleted, never replaced.
CREATE TABLE line_counts (company TEXT PRIMARY KEY, lines INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER line_came AFTER INSERT ON lines BEGIN
  INSERT INTO line_counts (company, lines) VALUES (NEW.company, 1)
  ON CONFLICT (company) DO UPDATE SET lines = lines + 1;
END;
CREATE TRIGGER line_went AFTER DELETE ON lines BEGIN
  UPDATE line_counts SET lines = lines - 1 WHERE company = OLD.company;
END;

-- What each line held from each cut on at which that changed (none: the line was gone), and which events made
-- it so, 16 bytes each. Where few entries had been recorded by then it is empty, or as in `lines`. A row is
-- written once. `touched` lines may have changed since the last cut (meta `versioned`) that has all its rows;
-- they are named as they were posted to, or by the key of an entry that is all that is new.
CREATE TABLE line_versions (
  company TEXT NOT NULL, section TEXT NOT NULL, counterpart TEXT NOT NULL, cut INTEGER NOT NULL,
  events BLOB NOT NULL, view BLOB,
  PRIMARY KEY (company, section, counterpart, cut)
) WITHOUT ROWID;
CREATE INDEX line_versions_by_cut ON line_versions (cut);
CREATE INDEX line_versions_by_company ON line_versions (company, cut);

-- At which cut each line has its first version: it has none at an earlier one.
CREATE TABLE line_firsts (
  company TEXT NOT NULL, section TEXT NOT NULL, counterpart TEXT NOT NULL, cut INTEGER NOT NULL,
  PRIMARY KEY (company, section, counterpart)
) WITHOUT ROWID;

CREATE TABLE touched (line BLOB PRIMARY KEY) WITHOUT ROWID;

-- What is kept of lines that are told of often (see streams.line_state): `what` is `served` or, for what was
-- recorded by the cut `versioned`, `cut`.
CREATE TABLE states (
  number INTEGER PRIMARY KEY, company TEXT NOT NULL, section TEXT NOT NULL, counterpart TEXT NOT NULL,
  what TEXT NOT NULL, UNIQUE (company, section, counterpart, what)
);
CREATE TABLE line_states (
  state INTEGER NOT NULL, key BLOB NOT NULL, value NOT NULL, PRIMARY KEY (state, key)
) WITHOUT ROWID;

-- Digests of what was posted and of what the log says, below `exposed` (see streams.digest).
CREATE TABLE digests (partition INTEGER PRIMARY KEY, posted BLOB NOT NULL, log BLOB NOT NULL);

-- What the proof found (see api.read_model.findings): of an entry by its key, of a bucket by its one byte, of
-- a line by its name. `repair_offset` is where the event was published again.
CREATE TABLE differences (
  partition INTEGER NOT NULL, key BLOB NOT NULL, kind TEXT NOT NULL, bucket INTEGER NOT NULL,
  found_ms INTEGER NOT NULL, repair_topic TEXT, repair_offset INTEGER, settled_ms INTEGER, note TEXT,
  PRIMARY KEY (partition, key)
) WITHOUT ROWID;
