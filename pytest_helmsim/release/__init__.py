"""Helm's semantics over a client: operations, plans, ways to apply, hooks, waiting, records. Never imports `apiserver`."""
