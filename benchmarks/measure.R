# measure.py for R peers: one adapter on one problem in a fresh process.

source("benchmarks/adapters/shared.R")
arguments <- commandArgs(trailingOnly = TRUE)
out <- arguments[3]
seed <- as.integer(arguments[4])
started <- as.numeric(arguments[5])
longest <- as.numeric(arguments[6])

source(file.path("benchmarks", "adapters", paste0(arguments[1], ".R")))
problem <- read_problem(arguments[2])
draws <- run(problem, seed)
cold <- as.numeric(Sys.time()) - started
measured <- sprintf('"cold": %.6f', cold)
if (cold <= longest) {
  start <- as.numeric(Sys.time())
  draws <- run(problem, seed + 1L)
  measured <- c(measured, sprintf('"warm": %.6f', as.numeric(Sys.time()) - start))
}
status <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
peak <- as.numeric(gsub("[^0-9]", "", status)) / 1024
dir.create(out, showWarnings = FALSE, recursive = TRUE)
for (name in names(draws)) write_npy(draws[[name]], file.path(out, paste0(name, ".npy")))
measured <- paste(c(measured, sprintf('"mb": %.1f', peak)), collapse = ", ")
writeLines(paste0("{", measured, "}"), file.path(out, "measured.json"))
