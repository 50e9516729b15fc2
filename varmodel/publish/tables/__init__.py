"""Tables: with fixed columns for machines, printed with notes for readers.

figures -> data frames             data_frames.tables_of
figures -> printed tables          printed.print_tables
printed tables -> a file           documents.write_printed
"""
