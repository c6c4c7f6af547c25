"""What a test author holds: cluster, release handle, live objects, outcomes, images, actors, faults. Works without pytest."""
