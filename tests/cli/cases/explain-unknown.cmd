explain partal-state
