"""The publication of a quarter: tables, pictures, methods, checklists and the assurance log.

facts -> a folder                            written.write_publication
facts -> data frames                         rows.frames_of
facts -> printed tables                      printed.print_quarter
facts -> methods                             methods.methods_text
facts -> checklists                          checklists.barg_text, checklists.rap_text
facts -> pictures                            pictures.draw_totals, pictures.draw_rankability
"""

from varmodel.publish.quarter.publication.written import write_publication

__all__ = ["write_publication"]
