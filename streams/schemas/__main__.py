"""Write the JSON Schemas of the newest version again, after a change of the models."""

from streams.schemas import write

write()
