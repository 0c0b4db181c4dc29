"""What every part stands on: records, ledger, tasks, workers, seeds, files, forms and errors."""
