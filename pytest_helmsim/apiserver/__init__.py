"""The simulated API server: a `Handler` over a store of immutable objects. Sockets only in `http_server`."""
