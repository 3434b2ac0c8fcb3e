config --explain service.ready
