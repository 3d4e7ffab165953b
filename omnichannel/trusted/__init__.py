"""Whatever changes trusted tables beside the arrival of files: erasing rows, expiring snapshots, compacting, sweeping up."""
