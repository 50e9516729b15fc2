"""Effects that come in a Gaussian block a provider: a lasting one and one of each period."""
