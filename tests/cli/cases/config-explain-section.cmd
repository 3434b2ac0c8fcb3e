config --explain identities.alice.login
