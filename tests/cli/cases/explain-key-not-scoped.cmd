explain key-not-scoped
