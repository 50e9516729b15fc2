"""The marginal sampler: effects integrated out one provider at a time, the few others sampled."""
