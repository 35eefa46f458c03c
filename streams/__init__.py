"""Facts in, events on Kafka topics, views out: models, codec, agents, folds, replay."""
