"""Whether files are what they were: digests, manifests, git."""
