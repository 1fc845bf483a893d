"""Speed as ratios: ours against the least code that does the same work, in one run, in one server."""
