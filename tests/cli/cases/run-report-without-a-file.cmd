run --report json
