"""The single source of names: data sets, events, zones, score files, reasons, function environments."""
