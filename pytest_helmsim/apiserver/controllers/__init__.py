"""What moves the simulated cluster: small reconcilers over the loopback, on the virtual clock.

`loop.Controllers` runs them; each other module is one controller (or what several share: `common`, `pods`, `revisions`, `events`).
A reconciler is level-triggered: everything it decides on stands in the store, so that a fork or a restart loses nothing.
"""
