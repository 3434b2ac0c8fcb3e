explain lost-update
