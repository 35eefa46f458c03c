"""Source documents in, parsed facts out. Pure: no Kafka, no web, no clock; `seeds.parse` is the map."""
