"""One file a peer: run(problem, random_seed) -> draws of (provider_sd, provider effects)."""
