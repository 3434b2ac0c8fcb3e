run --check rolback
