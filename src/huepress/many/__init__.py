"""Many files: which ones, what is known of them already, workers, and what became of each."""
