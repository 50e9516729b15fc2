"""What pictures are made of.

axes, or none -> axes                  layout.axes_for
figure -> its picture                  canvas.svg_of
providers -> a row each                rows.row_axes
points -> names where there is room    point_labels.name_points
"""
