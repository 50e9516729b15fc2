# What every R peer shares: reading the arrays, the formula, writing draws. Base R only.

read_npy <- function(path) {
  file <- file(path, "rb")
  on.exit(close(file))
  readBin(file, "raw", 8)
  header <- readChar(file, readBin(file, "integer", 1, size = 2, endian = "little"))
  shape <- sub(".*'shape': \\(([^)]*)\\).*", "\\1", header)
  shape <- as.integer(strsplit(gsub("[ ]|,$", "", shape), ",")[[1]])
  whole <- grepl("<i4", header)
  x <- readBin(file, if (whole) "integer" else "double", prod(shape), size = if (whole) 4 else 8)
  if (length(shape) == 2) matrix(x, shape[1], shape[2], byrow = TRUE) else x
}

write_npy <- function(x, path) {
  shape <- paste0("(", paste(dim(x), collapse = ", "), ")")
  header <- sprintf("{'descr': '<f8', 'fortran_order': True, 'shape': %s, }", shape)
  header <- paste0(header, strrep(" ", 63 - (10 + nchar(header)) %% 64), "\n")
  file <- file(path, "wb")
  on.exit(close(file))
  writeBin(as.raw(c(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0)), file)
  writeBin(nchar(header), file, size = 2, endian = "little")
  writeChar(header, file, eos = NULL)
  writeBin(as.double(x), file, endian = "little")
}

# The cells as a data frame; of measurements the rows, because these peers take no sums.
read_problem <- function(folder) {
  read <- function(name) read_npy(file.path(folder, paste0(name, ".npy")))
  meta <- paste(readLines(file.path(folder, "meta.json")), collapse = " ")
  field <- function(name) sub(sprintf('.*"%s": "([a-z_]*)".*', name), "\\1", meta)
  number <- function(name, k) {
    inner <- sub(sprintf('.*"%s": \\[([^]]*)\\].*', name), "\\1", meta)
    as.numeric(strsplit(inner, ",")[[1]])[k]
  }
  measured <- field("family") %in% c("normal", "lognormal")
  of <- if (measured) c("row_value", "row_provider", "row_pattern") else
    c("response", "provider", "pattern")
  x <- read("design")[read(of[3]) + 1, , drop = FALSE]
  cells <- data.frame(y = read(of[1]), provider = factor(read(of[2])))
  if (ncol(x)) cells[paste0("x", seq_len(ncol(x)))] <- x
  if (!measured) cells$n <- read("size")
  list(cells = cells, family = if (measured) "normal" else field("family"), prior = number)
}

formula_of <- function(problem) {
  terms <- grep("^x", names(problem$cells), value = TRUE)
  left <- if (problem$family == "binomial") "cbind(y, n - y)" else "y"
  offset <- if (problem$family == "poisson") "offset(log(n))" else NULL
  as.formula(paste(left, "~", paste(c("1", terms, offset, "(1 | provider)"), collapse = " + ")))
}

# A point estimate as one draw.
point <- function(coefficients, effect, sd) {
  list(
    intercept = array(coefficients[1], c(1, 1)),
    coefficients = array(coefficients[-1], c(1, 1, length(coefficients) - 1)),
    provider_sd = array(sd, c(1, 1)),
    provider_effect = array(effect, c(1, 1, length(effect)))
  )
}
