"""`khabar export`: events and lines as they stood at a moment, as files for analysis.

`columns` says what the files hold, `event_rows`, `line_rows` and `entity_rows` read it row by row, `files`
writes it, `describe` explains it, and `dataset` puts the folder together.
"""
