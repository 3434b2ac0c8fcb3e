run --report json=missing/r.json
