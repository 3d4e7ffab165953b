"""The report: one self-contained HTML page made from the files of an output folder."""
