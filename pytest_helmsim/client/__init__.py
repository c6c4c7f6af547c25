"""Speaking to a cluster: the only code that sends requests. JSON in, JSON out, `ApiError` out.

Knows nothing of Helm. `client.Client` has the verbs, `resources` maps kinds to URLs by discovery, `doors` turns a
`kubernetes.client.ApiClient` into a `Handler`, `in_process` makes an `ApiClient` out of one.
"""
