explain partial-state
