# rstanarm: Stan compiled beforehand, its own parameterisation. It has no half-normal prior for
# the provider sd: an exponential of the same mean stands in, so its error is not ours to judge.

suppressPackageStartupMessages(library(rstanarm))

run <- function(problem, seed) {
  scale <- function(name) problem$prior(name, 2)
  fit <- stan_glmer(
    formula_of(problem),
    problem$cells,
    family = switch(problem$family, binomial = binomial(), poisson = poisson(), gaussian()),
    prior = normal(0, scale("coefficients"), autoscale = FALSE),
    prior_intercept = normal(problem$prior("intercept", 1), scale("intercept"), autoscale = FALSE),
    prior_covariance = decov(scale = scale("provider_sd") * sqrt(2 / pi)),
    chains = 4, cores = 2, iter = 2000, seed = seed, refresh = 0
  )
  draws <- as.array(fit)  # (draw, chain, parameter)
  held <- dimnames(draws)[[3]]
  part <- function(pattern) aperm(draws[, , grepl(pattern, held), drop = FALSE], c(2, 1, 3))
  found <- list(
    intercept = part("^\\(Intercept\\)$")[, , 1],
    coefficients = part("^x[0-9]+$"),
    provider_sd = sqrt(part("^Sigma")[, , 1]),
    provider_effect = part("^b\\[")
  )
  if ("sigma" %in% held) found$residual_sd <- part("^sigma$")[, , 1]
  found
}
