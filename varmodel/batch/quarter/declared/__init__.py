"""What a quarter is made of: a TOML file of a closed vocabulary, read before anything is done.

TOML file -> configuration                       reading.read_config
[[shared]], [[displacement]] -> their parts      links.read_overlaps, links.read_displacement
list of providers -> names, classes              providers.read_register
"""
