"""Where a cluster comes from: embedded, kind, kubeconfig, envtest. Each gives a client, a clock and a close."""
