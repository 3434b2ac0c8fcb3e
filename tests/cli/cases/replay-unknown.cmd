replay F-123abc
