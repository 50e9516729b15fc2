"""New rows, read as the frame's own were.

table -> rows               rows.read_new_rows
rows -> their design        columns.design_of
"""
