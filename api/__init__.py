"""The reader and its read model, the HTTP API, and the command line."""
