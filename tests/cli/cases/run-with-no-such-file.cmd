run --config elsewhere.toml
