init --dry-run
