"""Views of the Analyse page. Each module has `show(analysis, beside)` and draws one view of the predictions table.

analysis: what is looked at. beside: another subject on the same photos to compare with, or None.
"""
