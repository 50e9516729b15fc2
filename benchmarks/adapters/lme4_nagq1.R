# lme4: glmer with the Laplace approximation, a point estimate; lmer for measurements.

suppressPackageStartupMessages(library(lme4))

nagq <- 1L

run <- function(problem, seed) {
  formula <- formula_of(problem)
  fit <- if (problem$family == "normal") {
    lmer(formula, problem$cells, REML = FALSE)
  } else {
    glmer(formula, problem$cells, family = problem$family, nAGQ = nagq)
  }
  point(fixef(fit), ranef(fit)$provider[[1]], sqrt(VarCorr(fit)$provider[1]))
}
