"""The Faust agents: parse, fan-out, positions. Each is a loop around pure functions."""
