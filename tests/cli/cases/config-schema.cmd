config --schema
