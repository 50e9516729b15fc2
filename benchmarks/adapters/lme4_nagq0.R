# lme4: glmer with nAGQ = 0, the fastest it has: coefficients by penalised least squares.

source("benchmarks/adapters/lme4_nagq1.R")

nagq <- 0L
