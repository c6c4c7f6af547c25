"""Helm's semantics over a client: install, upgrade, rollback, uninstall, records, hooks, waiting; as Helm 3 or as Helm 4.

Sees a `client.Client` only, so every operation runs on every cluster. `engine.Engine` is the face; an operation's file
reads top down as prepare (nothing is written), perform, record. What the two Helms do differently is in `rules.py`.
"""
