"""Build the file of a generation from nothing: a process for each core, rows sorted, journal off."""
