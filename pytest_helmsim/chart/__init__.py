"""A chart on disk to ordered manifests: loading, values, dependencies, rendering, splitting. No cluster is asked, except by `lookup`."""
