"""Draft claims from a spreadsheet: what the columns mean, reading the file, making the drafts.

``columns`` says what a file may hold, ``reading`` turns bytes into rows, ``planning`` turns rows
into claims as the catalogue and the partner know them, ``making`` stores them as drafts, and
``template`` writes what people download. Nothing here submits a claim.
"""
