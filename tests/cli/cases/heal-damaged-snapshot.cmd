heal --apply
