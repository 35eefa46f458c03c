"""`python -m api.commands` is `khabar`: child processes are started this way."""

from api.commands import main

main()
