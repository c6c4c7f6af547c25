"""The only code that speaks to a cluster: verbs over the `kubernetes` package's ApiClient, discovery, waiting."""
