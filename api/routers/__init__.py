"""The endpoints, one file a kind of thing; `api.app` says which is where."""
