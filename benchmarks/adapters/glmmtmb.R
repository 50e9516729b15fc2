# glmmTMB: the Laplace approximation by automatic differentiation, a point estimate.

suppressPackageStartupMessages(library(glmmTMB))

run <- function(problem, seed) {
  family <- switch(problem$family, binomial = binomial(), poisson = poisson(), gaussian())
  fit <- glmmTMB(formula_of(problem), problem$cells, family = family)
  sd <- attr(VarCorr(fit)$cond$provider, "stddev")[[1]]
  point(fixef(fit)$cond, ranef(fit)$cond$provider[[1]], sd)
}
