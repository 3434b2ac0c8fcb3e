config --explain service.redy
