"""The site of a quarter: a folder of pages that needs no server and fetches nothing.

facts of a quarter -> folder of pages        pages.write_site
code of a provider -> name of its file       addresses.file_names
"""
